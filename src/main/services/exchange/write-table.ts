import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TableFormat } from '../../../contract/workbench/exchange.ts'
import { spreadsheetRow } from '../../../core/exchange/spreadsheet.ts'
import { moveIntoPlace } from '../../files/move-into-place.ts'
import { fileError, syncFolder, writeNewAside } from '../../files/write-aside.ts'
import { jsonLines } from '../files-of-lines.ts'
import type { Table } from './table.ts'

/** Writes a table to a name that nothing may have yet; whole or not at all. Returns its bytes. Throws `exists`, `disk-full`. */
export async function writeTable(table: Table, format: TableFormat, path: string): Promise<number> {
  if (format === 'jsonl') writeNewAside(path, jsonLines(objectsOf(table)))
  else if (format === 'csv') writeNewAside(path, csvLines(table))
  else await writeParquet(table, path)
  return statSync(path).size
}

function* objectsOf({ columns, rows }: Table): Generator<Record<string, unknown>> {
  for (const row of rows) yield Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null]))
}

/** UTF-8 with a byte order mark: without it spreadsheets read the file in the system's old encoding. */
function* csvLines({ columns, rows }: Table): Generator<string> {
  yield `\uFEFF${spreadsheetRow(columns.map(({ name }) => name))}`
  for (const row of rows) yield spreadsheetRow(row.map((cell) => (typeof cell === 'boolean' ? String(cell) : cell)))
}

const sqlTypes = { text: 'VARCHAR', integer: 'BIGINT', number: 'DOUBLE', boolean: 'BOOLEAN' } as const

async function writeParquet(table: Table, path: string): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const lines = mkdtempSync(join(tmpdir(), 'snip-table-'))
  const aside = join(dirname(path), `.${randomUUID()}.partial`)
  try {
    const source = join(lines, 'rows.jsonl')
    writeNewAside(source, jsonLines(objectsOf(table)))
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: '2GB',
      threads: '2',
      preserve_insertion_order: 'true',
      temp_directory: join(lines, 'spill'),
    })
    const connection = await instance.connect()
    try {
      const types = table.columns.map(({ name, type }) => `${sqlString(name)}: '${sqlTypes[type]}'`)
      await connection.run(
        `COPY (SELECT * FROM read_json(${sqlString(source)}, format = 'newline_delimited', maximum_object_size = 67108864,
          columns = {${types.join(', ')}})) TO ${sqlString(aside)} (FORMAT parquet)`,
      )
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
    moveIntoPlace(aside, path)
    syncFolder(dirname(path))
  } catch (error) {
    throw fileError(error, path, 'write')
  } finally {
    rmSync(aside, { force: true })
    rmSync(lines, { recursive: true, force: true })
  }
}

function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
