import { copyFileSync, existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { SnipError } from '../../../contract/failure.ts'
import { breathe } from '../breathe.ts'

/** A few milliseconds' worth of rows: other calls are answered in between. */
const rowsBetweenBreaths = 2000

export const databaseFile = 'workspace.duckdb'

/** Schema of the newest database: one more than there are migrations. */
const tables = [
  'CREATE TABLE meta(key VARCHAR, value VARCHAR)',
  'CREATE TABLE documents(kind VARCHAR, key VARCHAR, value JSON, created BIGINT)',
  'CREATE TABLE edits(seq BIGINT, made BIGINT, author VARCHAR, label VARCHAR, touched JSON, changes JSON, undone BOOLEAN, superseded BOOLEAN)',
]

/** Takes a database from the schema before it to the next. Runs inside a transaction, whose failure leaves all as it was. */
export interface Migration {
  /** What it does, for the status line. */
  readonly title: string
  readonly run: (query: Query) => Promise<void>
}

export type Row = Record<string, DuckDBValue>
export type Query = (sql: string, values?: DuckDBValue[]) => Promise<Row[]>

/** Puts rows into a table, one value for each column: far faster than a statement where there are many. */
export type Append = (table: string, rows: readonly (readonly (string | bigint | null)[])[]) => Promise<void>

/** workspace.duckdb, open and locked down: it reaches no file but its own, and cannot be reconfigured. */
export class WorkspaceDatabase {
  readonly path: string
  #instance: DuckDBInstance
  #connection: DuckDBConnection
  #broken = false

  private constructor(path: string, opened: Opened) {
    this.path = path
    this.#instance = opened.instance
    this.#connection = opened.connection
  }

  /**
   * Opens the database, creates it, or brings an older one up to date after copying it aside. One of a newer program is
   * refused (`bad-file`). `empty` says that nobody has filled it yet.
   */
  static async open(
    folder: string,
    migrations: readonly Migration[],
  ): Promise<{ database: WorkspaceDatabase; empty: boolean; migrated: string | null }> {
    const path = join(folder, databaseFile)
    const database = new WorkspaceDatabase(path, await openLocked(path))
    try {
      const newest = migrations.length + 1
      // A process that was killed at the very beginning leaves a file without tables.
      if ((await database.query('SELECT 1 FROM duckdb_tables()')).length === 0) {
        await database.transaction(async (query) => {
          for (const table of tables) await query(table)
          await query("INSERT INTO meta VALUES ('schemaVersion', $1)", [String(newest)])
        })
        return { database, empty: true, migrated: null }
      }
      const empty = (await database.query("SELECT 1 FROM meta WHERE key = 'filled'")).length === 0
      const version = await database.#schemaVersion()
      if (version > newest) throw newerSchema(folder, version, newest)
      if (version === newest) return { database, empty, migrated: null }
      const backup = `${path}.schema-${version}.backup`
      await database.#run('CHECKPOINT')
      if (!existsSync(backup)) copyFileSync(path, backup)
      for (let at = version; at < newest; at++) {
        await database.transaction(async (query) => {
          await migrations[at - 1]!.run(query)
          await query("UPDATE meta SET value = $1 WHERE key = 'schemaVersion'", [String(at + 1)])
        })
      }
      return { database, empty, migrated: backup }
    } catch (error) {
      database.close()
      throw error
    }
  }

  /** Says that the first documents are in. */
  async markFilled(): Promise<void> {
    await this.transaction(async (query) => {
      await query("INSERT INTO meta VALUES ('filled', 'yes')")
    })
  }

  /** All rows of a statement. */
  query(sql: string, values?: DuckDBValue[]): Promise<Row[]> {
    return this.#run(sql, values)
  }

  /** Runs statements as one: all of them, or none. Resolves when they are on the disk. Throws `disk-full`. */
  async transaction(work: (query: Query, append: Append) => Promise<void>): Promise<void> {
    if (this.#broken) await this.#reopen()
    await this.#run('BEGIN')
    try {
      await work(
        (sql, values) => this.#run(sql, values),
        (table, rows) => this.#append(table, rows),
      )
      await this.#run('COMMIT')
    } catch (error) {
      try {
        await this.#connection.run('ROLLBACK')
      } catch {
        // A failed commit has ended the transaction already, or the database refuses all further work.
      }
      throw error
    }
  }

  close(): void {
    try {
      this.#connection.closeSync()
      this.#instance.closeSync()
    } catch {
      // Nothing is lost: what was committed is in the log beside the file.
    }
  }

  async #run(sql: string, values?: DuckDBValue[]): Promise<Row[]> {
    try {
      const reader = await this.#connection.runAndReadAll(sql, values)
      return reader.getRowObjects()
    } catch (error) {
      // After a failed write the database answers nothing more until it is opened anew.
      if (/FATAL|invalidated/i.test(messageOf(error)) || /IO Error/.test(messageOf(error))) this.#broken = true
      throw databaseError(error, this.path)
    }
  }

  async #append(table: string, rows: readonly (readonly (string | bigint | null)[])[]): Promise<void> {
    const appender = await this.#connection.createAppender(table)
    try {
      for (const [at, row] of rows.entries()) {
        if (at % rowsBetweenBreaths === rowsBetweenBreaths - 1) await breathe()
        for (const value of row) {
          if (value === null) appender.appendNull()
          else if (typeof value === 'bigint') appender.appendBigInt(value)
          else appender.appendVarchar(value)
        }
        appender.endRow()
      }
    } finally {
      appender.closeSync()
    }
  }

  async #reopen(): Promise<void> {
    this.close()
    const { instance, connection } = await openLocked(this.path)
    this.#instance = instance
    this.#connection = connection
    this.#broken = false
  }

  async #schemaVersion(): Promise<number> {
    const rows = await this.query("SELECT value FROM meta WHERE key = 'schemaVersion'").catch((error: unknown) => {
      throw damaged(this.path, error)
    })
    const version = Number(rows[0]?.['value'])
    if (Number.isInteger(version) && version >= 1) return version
    throw damaged(this.path, 'it names no schema version')
  }
}

interface Opened {
  readonly instance: DuckDBInstance
  readonly connection: DuckDBConnection
}

async function openLocked(path: string): Promise<Opened> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  let instance: DuckDBInstance
  try {
    instance = await DuckDBInstance.create(path, {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '1GB',
      threads: '2',
      temp_directory: `${path}.spill`,
    })
  } catch (error) {
    const known = databaseError(error, path)
    throw known.kind === 'internal' ? damaged(path, error) : known
  }
  const connection = await instance.connect()
  await connection.run('SET enable_external_access = false')
  await connection.run('SET lock_configuration = true')
  return { instance, connection }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function databaseError(error: unknown, path: string): SnipError {
  const message = messageOf(error)
  if (/no space left|disk quota|file too large|ENOSPC|EFBIG/i.test(message)) {
    return new SnipError('disk-full', `The disk is full: ${basename(dirname(path))} could not be written`, {
      remedy: 'Free some space and do it again; nothing half-written was left behind.',
      detail: message,
      cause: error,
    })
  }
  if (/permission denied|read-only/i.test(message)) {
    return new SnipError('bad-file', `There is no permission to write ${path}`, {
      remedy: 'Change the permissions, or work on a copy of the workspace.',
      detail: message,
      cause: error,
    })
  }
  if (/could not set lock|conflicting lock/i.test(message)) {
    return new SnipError('busy', `Another program has ${path} open`, {
      remedy: 'Close it there first.',
      detail: message,
      cause: error,
    })
  }
  return new SnipError('internal', `The workspace's database refused: ${message.split('\n')[0]}`, {
    detail: message,
    cause: error,
  })
}

function damaged(path: string, reason: unknown): SnipError {
  return new SnipError('bad-file', `${path} is damaged or no database of a workspace`, {
    remedy:
      'Move it away and open the workspace again: recordings, rankings and exports are read anew from their files.',
    detail: messageOf(reason),
  })
}

function newerSchema(folder: string, version: number, newest: number): SnipError {
  return new SnipError(
    'bad-file',
    `${basename(folder)} was written by a newer SNIP Workbench (schema ${version}, this one knows ${newest})`,
    { remedy: 'Open it with that version.' },
  )
}
