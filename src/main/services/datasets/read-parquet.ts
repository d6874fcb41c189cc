import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDBValue } from '@duckdb/node-api'
import { SnipError } from '../../../contract/failure.ts'
import type { SourceRow } from '../../../core/data/dataset.ts'
import { pickTextColumn, type ColumnSummary, type TextColumn } from '../../../core/data/text-column.ts'
import { checkPredicate, rowsRelation, whereClause } from './check-predicate.ts'
import { toJson } from './duckdb-values.ts'
import { predicateError, uniqueName } from './filter-rows.ts'
import {
  databaseMessage,
  isOutOfMemory,
  openLockedDatabase,
  sqlName,
  sqlString,
  withDeadline,
  type LockedDatabase,
} from './locked-duckdb.ts'
import type { LocatedFile } from './open-file.ts'

/** A table that stays in its file: the text of every row that passes the filter, and any row on request. */
export interface ParquetTable {
  readonly columns: readonly string[]
  readonly textColumn: TextColumn | null
  /** Rows that pass the filter, in file order. `text` is null where the file has none. */
  readonly rows: readonly { readonly number: number; readonly text: string | null }[]
  /** Whole rows, as plain JSON, by their number in the file, from 0. */
  readRows(numbers: readonly number[]): Promise<SourceRow[]>
  close(): Promise<void>
}

export interface ParquetOptions {
  readonly textColumn?: string
  readonly where?: string
  readonly textOptional?: boolean
}

/** A locked database that can read one Parquet file alone, and the path by which it reads it. */
export async function openLockedParquet(file: LocatedFile): Promise<{ database: LockedDatabase; path: string }> {
  let path = file.realPath
  const database = await openLockedDatabase(async (folder) => {
    // The reader expands *, ? and [ in paths, so a file that has them in its name is read through a plain one.
    if (/[*?[]/.test(file.realPath)) {
      path = join(folder, 'table.parquet')
      await symlink(file.realPath, path)
    }
    return [path]
  })
  return { database, path }
}

/** Opens a Parquet file in a locked database that can read this file alone. Throws 'bad-data' for a damaged one. */
export async function openParquet(file: LocatedFile, options: ParquetOptions): Promise<ParquetTable> {
  const { database, path } = await openLockedParquet(file)
  try {
    return await readTable(database, file, path, options)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function readTable(
  database: LockedDatabase,
  file: LocatedFile,
  path: string,
  options: ParquetOptions,
): Promise<ParquetTable> {
  const source = `read_parquet(${sqlString(path)}, binary_as_string = true)`
  const described = await readFile(database, file, `DESCRIBE SELECT * FROM ${source}`)
  const summaries = described.map((row) => summarize(String(row['column_name']), String(row['column_type'])))
  const columns = summaries.map(({ name }) => name)
  const number = uniqueName('row_number_in_file', columns)
  const position = columns.some((name) => name.toLowerCase() === 'file_row_number')
    ? 'row_number() OVER () - 1'
    : 'file_row_number'
  await readFile(
    database,
    file,
    `CREATE VIEW ${rowsRelation} AS SELECT ${position} AS ${sqlName(number)}, * FROM ${source}`,
  )
  if (options.where !== undefined) await checkPredicate(database, options.where)
  const textColumn = pick(summaries, options)
  const where = options.where === undefined ? '' : whereClause(options.where)
  const text = textColumn === null ? 'NULL' : textColumn.path.map(sqlName).join('.')
  const rows = await readTexts(
    database,
    file,
    `SELECT ${sqlName(number)} AS n, ${text} AS t FROM ${rowsRelation} ${where}`,
    options.where !== undefined,
  )
  return {
    columns,
    textColumn,
    rows,
    async readRows(numbers) {
      if (numbers.length === 0) return []
      const found = await readFile(
        database,
        file,
        `SELECT * FROM ${rowsRelation} WHERE ${sqlName(number)} IN (${numbers.join(', ')}) ORDER BY ${sqlName(number)}`,
      )
      return found.map((row) => ({
        line: Number(row[number]) + 1,
        values: Object.fromEntries(columns.map((name) => [name, toJson(row[name] ?? null)])),
      }))
    },
    close: () => database.close(),
  }
}

function pick(summaries: readonly ColumnSummary[], options: ParquetOptions): TextColumn | null {
  let column: TextColumn
  try {
    column = pickTextColumn(summaries, options.textColumn)
  } catch (error) {
    if (options.textOptional === true && options.textColumn === undefined) return null
    throw error
  }
  const summary = summaries.find(({ name }) => name === column.path[0])
  if (column.path.length === 1 && summary?.holds !== 'text') {
    throw new SnipError(
      'bad-argument',
      `The column ${JSON.stringify(column.label)} holds ${summary?.type ?? 'nothing'}, not text`,
      { remedy: 'Name another one with --text-column.' },
    )
  }
  return column
}

function summarize(name: string, type: string): ColumnSummary {
  if (type === 'VARCHAR' || type.startsWith('ENUM')) return { name, holds: 'text', type }
  return { name, holds: /^STRUCT\((?:.*, )?"?text"? VARCHAR\b/i.test(type) ? 'nested' : 'other', type }
}

async function readTexts(
  database: LockedDatabase,
  file: LocatedFile,
  sql: string,
  hasPredicate: boolean,
): Promise<{ number: number; text: string | null }[]> {
  try {
    return await withDeadline(database.connection, async () => {
      const rows: { number: number; text: string | null }[] = []
      const result = await database.connection.stream(sql)
      for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0;) {
        const numbers = chunk.getColumnValues(0)
        const texts = chunk.getColumnValues(1)
        numbers.forEach((number, at) => {
          const text = texts[at]
          rows.push({ number: Number(number), text: typeof text === 'string' ? text : null })
        })
        chunk = await result.fetchChunk()
      }
      return rows.sort((a, b) => a.number - b.number)
    })
  } catch (error) {
    throw hasPredicate ? predicateError(error) : parquetError(error, file)
  }
}

async function readFile(
  database: LockedDatabase,
  file: LocatedFile,
  sql: string,
): Promise<Record<string, DuckDBValue>[]> {
  try {
    return await database.query(sql)
  } catch (error) {
    throw parquetError(error, file)
  }
}

/** What a failure of the database says of the file that it read. */
export function parquetError(error: unknown, file: LocatedFile): unknown {
  if (error instanceof SnipError) return error
  const message = databaseMessage(error).replaceAll(file.realPath, file.name)
  if (isOutOfMemory(error)) {
    return new SnipError('out-of-memory', `${file.name} is too large to be read: ${message}`, {
      remedy: 'Keep fewer columns, or split the file.',
    })
  }
  return new SnipError('bad-data', `${file.name} cannot be read as Parquet: ${message}`, {
    remedy: 'Write the file again, or give CSV or JSONL.',
  })
}
