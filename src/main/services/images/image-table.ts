import { DuckDBBlobValue, type DuckDBValue } from '@duckdb/node-api'
import { SnipError } from '../../../contract/failure.ts'
import { sqlName, sqlString, type LockedDatabase } from '../datasets/locked-duckdb.ts'
import type { LocatedFile } from '../datasets/open-file.ts'
import { openLockedParquet, parquetError } from '../datasets/read-parquet.ts'
import { mostImageBytes, type ImageSource, type SourceImage } from './image-source.ts'

/** Names of the columns; left out, they are found. */
export interface ImageColumns {
  readonly image?: string | undefined
  readonly label?: string | undefined
}

interface Column {
  readonly name: string
  readonly type: string
}

const rowsAtATime = 32

/**
 * The images of a Parquet file: bytes of PNG or JPEG, by themselves or beside their path as published sets have them, and their classes by number
 * or name. `choose` says which of how many rows are used. Throws `bad-data`, or `bad-argument` for columns that cannot be told.
 */
export async function openImageTable(
  file: LocatedFile,
  columns: ImageColumns,
  choose: (rows: number) => readonly number[] | null,
): Promise<ImageSource> {
  const found = await withTable(file, async (database, source) => {
    const described = (await database.query(`DESCRIBE SELECT * FROM ${source}`)).map((row) => ({
      name: String(row['column_name']),
      type: String(row['column_type']),
    }))
    const [counted] = await database.query(`SELECT count(*) AS n FROM ${source}`)
    return { described, rows: Number(counted?.['n'] ?? 0) }
  })
  const image = imageColumn(found.described, columns.image, file)
  const label = labelColumn(found.described, columns.label)
  const rows = choose(found.rows) ?? Array.from({ length: found.rows }, (_, row) => row)
  if (rows.length === 0)
    throw new SnipError('bad-data', `${file.name} has no rows`, { remedy: 'Give a file with images.' })
  return {
    count: rows.length,
    read: () => readRows(file, image, label, rows),
  }
}

async function* readRows(
  file: LocatedFile,
  image: Column,
  label: Column | null,
  rows: readonly number[],
): AsyncGenerator<SourceImage> {
  const { database, path } = await openLockedParquet(file)
  try {
    const bytes = `${sqlName(image.name)}${image.type === 'BLOB' ? '' : '.bytes'}`
    const source = `read_parquet(${sqlString(path)}, file_row_number = true)`
    for (let start = 0; start < rows.length; start += rowsAtATime) {
      const chunk = rows.slice(start, start + rowsAtATime)
      const found = await database.query(
        `SELECT file_row_number AS n, ${bytes} AS b, ${label === null ? 'NULL' : sqlName(label.name)} AS l
         FROM ${source} WHERE file_row_number IN (${chunk.join(', ')}) ORDER BY file_row_number`,
      )
      for (const row of found) yield imageOf(file, row)
    }
  } catch (error) {
    throw parquetError(error, file)
  } finally {
    await database.close()
  }
}

function imageOf(file: LocatedFile, row: Record<string, DuckDBValue>): SourceImage {
  const name = `row ${Number(row['n']) + 1}`
  const blob = row['b']
  if (!(blob instanceof DuckDBBlobValue)) {
    throw new SnipError('bad-data', `${file.name}: ${name} has no image`, { remedy: 'Leave it out.' })
  }
  if (blob.bytes.length > mostImageBytes) {
    throw new SnipError('bad-data', `${file.name}: ${name} has more than ${mostImageBytes} bytes`, {
      remedy: 'Leave it out.',
    })
  }
  const label = row['l']
  const isNumber = typeof label === 'number' || typeof label === 'bigint'
  return { name, bytes: blob.bytes, label: isNumber ? Number(label) : typeof label === 'string' ? label : null }
}

async function withTable<T>(
  file: LocatedFile,
  use: (database: LockedDatabase, source: string) => Promise<T>,
): Promise<T> {
  const { database, path } = await openLockedParquet(file)
  try {
    return await use(database, `read_parquet(${sqlString(path)})`)
  } catch (error) {
    throw parquetError(error, file)
  } finally {
    await database.close()
  }
}

/** The column of bytes, or of a record that has them as `bytes`. */
function imageColumn(columns: readonly Column[], named: string | undefined, file: LocatedFile): Column {
  const fitting = columns.filter(({ type }) => type === 'BLOB' || /^STRUCT\((?:.*, )?"?bytes"? BLOB\b/i.test(type))
  const chosen = named === undefined ? fitting : fitting.filter(({ name }) => name === named)
  const [only] = chosen
  if (only !== undefined && chosen.length === 1) return only
  const names = columns.map(({ name, type }) => `${name} (${type.slice(0, 60)})`).join(', ')
  const what = named === undefined ? `${fitting.length} columns of images` : `no column "${named}" of images`
  throw new SnipError('bad-argument', `${file.name} has ${what}; its columns are ${names.slice(0, 500)}`, {
    remedy: 'Name the column that holds the bytes of PNG or JPEG files with --image-column.',
  })
}

function labelColumn(columns: readonly Column[], named: string | undefined): Column | null {
  const found = columns.find(({ name }) => (named === undefined ? /^labels?$/i.test(name) : name === named))
  if (found !== undefined || named === undefined) return found ?? null
  throw new SnipError('bad-argument', `There is no column "${named}" of labels`, {
    remedy: `Use one of: ${columns
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 300)}.`,
  })
}
