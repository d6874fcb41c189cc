import { SnipError } from '../../../contract/failure.ts'
import type { SourceRow } from '../../../core/data/dataset.ts'
import { checkPredicate, refused, rowsRelation, whereClause } from './check-predicate.ts'
import {
  databaseMessage,
  isOutOfMemory,
  openLockedDatabase,
  sqlName,
  sqlString,
  type LockedDatabase,
} from './locked-duckdb.ts'

const mostColumns = 2000
const mostKeys = 500
const rowsPerPause = 20_000

/**
 * The rows for which an SQL predicate is true, in order. The database is handed the parsed rows and no path at all.
 * Throws 'bad-argument' when the predicate cannot be used.
 */
export async function filterRows(
  rows: readonly SourceRow[],
  columns: readonly string[],
  predicate: string,
): Promise<SourceRow[]> {
  const database = await openLockedDatabase()
  try {
    await checkPredicate(database, predicate)
    if (rows.length === 0) return []
    return await selectRows(database, rows, columns, predicate)
  } finally {
    await database.close()
  }
}

async function selectRows(
  database: LockedDatabase,
  rows: readonly SourceRow[],
  columns: readonly string[],
  predicate: string,
): Promise<SourceRow[]> {
  const number = uniqueName('row_number_in_file', columns)
  await loadRows(database, rows, columns, number)
  try {
    const found = await database.query(
      `SELECT ${sqlName(number)} AS n FROM ${rowsRelation} ${whereClause(predicate)} ORDER BY 1`,
    )
    return found.map(({ n }) => rows[Number(n)]).filter((row) => row !== undefined)
  } catch (error) {
    throw predicateError(error)
  }
}

/** Puts the rows into a table with typed columns, plus their number. Columns travel as c0, c1 ...: any name is legal. */
async function loadRows(
  database: LockedDatabase,
  rows: readonly SourceRow[],
  columns: readonly string[],
  number: string,
): Promise<void> {
  if (columns.length > mostColumns) {
    throw new SnipError('bad-data', `--where cannot be used on ${columns.length} columns, ${mostColumns} is the most`, {
      remedy: 'Drop columns from the file, or leave --where out.',
    })
  }
  await database.connection.run('CREATE TABLE lines (n INTEGER, line VARCHAR)')
  const appender = await database.connection.createAppender('lines')
  for (const [index, { values }] of rows.entries()) {
    appender.appendInteger(index)
    appender.appendVarchar(JSON.stringify(Object.fromEntries(columns.map((name, at) => [`c${at}`, values[name]]))))
    appender.endRow()
    if (index % rowsPerPause === rowsPerPause - 1) await new Promise((resolve) => setImmediate(resolve))
  }
  appender.closeSync()
  const [row] = await database.query('SELECT json_group_structure(CAST(line AS JSON)) AS structure FROM lines')
  const structure = JSON.parse(String(row?.['structure'])) as Record<string, unknown>
  const types = Object.fromEntries(columns.map((_, at) => [`c${at}`, columnType(structure[`c${at}`], true)]))
  const used = new Set([number.toLowerCase()])
  const selected = columns.map((name, at) => `t.c${at} AS ${sqlName(freshName(name, at, used))}`)
  await database.connection.run(
    `CREATE TABLE ${rowsRelation} AS SELECT n AS ${sqlName(number)}, ${selected.join(', ')} ` +
      `FROM (SELECT n, from_json(line, ${sqlString(JSON.stringify(types))}) AS t FROM lines)`,
  )
  await database.connection.run('DROP TABLE lines')
}

/** SQL names ignore case: a second name that differs in case alone gets `_1`, `_2` ... */
function freshName(name: string, at: number, used: Set<string>): string {
  const base = name.replaceAll('\0', '') === '' ? `column${at}` : name.replaceAll('\0', '')
  let fresh = base
  for (let copy = 1; used.has(fresh.toLowerCase()); copy++) fresh = `${base}_${copy}`
  used.add(fresh.toLowerCase())
  return fresh
}

/** A column name that no column has, whatever its case. */
export function uniqueName(base: string, columns: readonly string[]): string {
  let name = base
  while (columns.some((column) => column.toLowerCase() === name)) name += '_'
  return name
}

/** The type of a column from what its values look like: signed integers, text for a mixture, JSON for odd objects. */
function columnType(structure: unknown, outermost: boolean): unknown {
  if (Array.isArray(structure)) return [columnType(structure[0], false)]
  if (typeof structure === 'object' && structure !== null) {
    const keys = Object.keys(structure)
    const folded = new Set(keys.map((key) => key.toLowerCase()))
    if (folded.size < keys.length || folded.has('') || keys.length > mostKeys) return outermost ? 'VARCHAR' : 'JSON'
    return Object.fromEntries(Object.entries(structure).map(([key, type]) => [key, columnType(type, false)]))
  }
  if (structure === 'UBIGINT') return 'BIGINT'
  if (structure === undefined || structure === 'NULL' || structure === 'JSON') return 'VARCHAR'
  return structure
}

/** A failure of a query that holds the user's predicate. */
export function predicateError(error: unknown): unknown {
  if (error instanceof SnipError) return error
  if (isOutOfMemory(error)) {
    return new SnipError('out-of-memory', `The condition of --where needs too much memory: ${databaseMessage(error)}`, {
      remedy: 'Use a simpler condition or a smaller file.',
    })
  }
  return refused(databaseMessage(error))
}
