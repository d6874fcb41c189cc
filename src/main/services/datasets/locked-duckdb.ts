import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { SnipError } from '../../../contract/failure.ts'

/** Longest time that one statement may take, in milliseconds. */
const deadlineMs = 120_000

/** An in-memory database that can read the files it was given and nothing else, and cannot be reconfigured. */
export interface LockedDatabase {
  readonly connection: DuckDBConnection
  /** A private, initially empty folder that goes away with the database. */
  readonly folder: string
  /** All rows of a statement, stopped at the deadline. */
  query(sql: string, values?: DuckDBValue[]): Promise<Record<string, DuckDBValue>[]>
  close(): Promise<void>
}

/**
 * Opens a locked database. `prepareFiles` gets the private folder and returns the paths that may be read.
 * No extension is installed or loaded, no other path is reachable, and the settings are locked before any query.
 */
export async function openLockedDatabase(
  prepareFiles: (folder: string) => Promise<readonly string[]> = () => Promise.resolve([]),
): Promise<LockedDatabase> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const folder = await mkdtemp(join(tmpdir(), 'snip-data-'))
  try {
    const paths = await prepareFiles(folder)
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '2GB',
      threads: '2',
      preserve_insertion_order: 'true',
      temp_directory: join(folder, 'spill'),
    })
    const connection = await instance.connect()
    await connection.run(`SET allowed_paths = [${paths.map(sqlString).join(', ')}]`)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    return {
      connection,
      folder,
      query: (sql, values) => withDeadline(connection, async () => readRows(connection, sql, values)),
      async close() {
        connection.closeSync()
        instance.closeSync()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function readRows(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] | undefined,
): Promise<Record<string, DuckDBValue>[]> {
  const reader = await connection.runAndReadAll(sql, values)
  return reader.getRowObjects()
}

/** Runs a statement and interrupts it at the deadline. */
export async function withDeadline<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  let late = false
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
  }, deadlineMs)
  try {
    return await work()
  } catch (error) {
    if (!late) throw error
    throw new SnipError('bad-argument', `The query over the rows took longer than ${deadlineMs / 1000} seconds`, {
      remedy: 'Use a simpler --where, without sub-selects over all rows.',
    })
  } finally {
    clearTimeout(timer)
  }
}

/** A text as an SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name as an SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** The first line of a database error, without its class. */
export function databaseMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = message.split('\n').find((part) => part.trim() !== '') ?? message
  return line.replace(/^[A-Za-z ]+ Error: /, '').slice(0, 300)
}

/** True when the database ran out of the memory it may use. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Out of Memory Error')
}
