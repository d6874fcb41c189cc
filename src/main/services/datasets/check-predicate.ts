import { SnipError } from '../../../contract/failure.ts'
import { databaseMessage, type LockedDatabase } from './locked-duckdb.ts'

/** The relation that predicates see. */
export const rowsRelation = 'rows'
const longestPredicate = 10_000
/** What a sub-select of a predicate may read from. */
const harmlessSources: ReadonlySet<unknown> = new Set(['BASE_TABLE', 'SUBQUERY', 'JOIN', 'EMPTY', 'EXPRESSION_LIST'])

/** The clause that a predicate becomes. Line breaks keep a trailing comment of the predicate from hiding the bracket. */
export function whereClause(predicate: string): string {
  return `WHERE (\n${predicate}\n)`
}

/**
 * Refuses whatever is not one predicate over the rows: the database parses it, without running it, inside a fixed
 * query, whose tree may then differ from that of `WHERE true` in the condition alone, and the condition may read from
 * no relation but the rows. The locked database would refuse other files too; this makes one clear error of it.
 */
export async function checkPredicate(database: LockedDatabase, predicate: string): Promise<void> {
  if (predicate.trim() === '') throw refused('it is empty')
  if (predicate.length > longestPredicate) throw refused(`it is longer than ${longestPredicate} characters`)
  if (predicate.includes('\0')) throw refused('it holds a NUL character')
  const { tree, condition } = await parseQuery(database, predicate)
  const expected = await parseQuery(database, 'true')
  if (tree !== expected.tree) throw refused('it is more than one condition')
  const source = foreignSource(condition)
  if (source !== null) throw refused(`it reads from ${source}, and only the rows may be read`)
}

/** The query's tree without its condition, and the condition. */
async function parseQuery(database: LockedDatabase, predicate: string): Promise<{ tree: string; condition: unknown }> {
  let json: unknown
  try {
    const sql = `SELECT 1 FROM ${rowsRelation} ${whereClause(predicate)}`
    const [row] = await database.query('SELECT json_serialize_sql($1::VARCHAR) AS tree', [sql])
    json = JSON.parse(String(row?.['tree']))
  } catch (error) {
    throw refused(databaseMessage(error))
  }
  const message = field(json, 'error_message')
  if (field(json, 'error') !== false) throw refused(typeof message === 'string' ? message : 'it is not SQL')
  const node = field(field(field(json, 'statements'), '0'), 'node')
  if (typeof node !== 'object' || node === null) throw refused('it is not a condition')
  const condition = field(node, 'where_clause')
  Object.assign(node, { where_clause: null })
  return { tree: JSON.stringify(json), condition }
}

/** What a condition reads from besides the rows; null when nothing. */
function foreignSource(node: unknown): string | null {
  if (typeof node !== 'object' || node === null) return null
  const from = field(node, 'from_table')
  const problem = from === undefined ? null : foreignRelation(from)
  if (problem !== null) return problem
  for (const child of Object.values(node)) {
    const inner = foreignSource(child)
    if (inner !== null) return inner
  }
  return null
}

function foreignRelation(relation: unknown): string | null {
  const type = field(relation, 'type')
  if (type === 'TABLE_FUNCTION') {
    return `the function ${JSON.stringify(field(field(relation, 'function'), 'function_name'))}`
  }
  if (!harmlessSources.has(type)) return `a ${JSON.stringify(type)}`
  if (type === 'BASE_TABLE') {
    const table = field(relation, 'table_name')
    const plain = field(relation, 'schema_name') === '' && field(relation, 'catalog_name') === ''
    return plain && table === rowsRelation ? null : JSON.stringify(table)
  }
  if (type !== 'JOIN') return null
  return foreignRelation(field(relation, 'left')) ?? foreignRelation(field(relation, 'right'))
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Record<string, unknown>)[key]
}

/** The one error of a predicate that cannot be used. */
export function refused(reason: string): SnipError {
  return new SnipError('bad-argument', `The condition of --where is refused: ${reason.replaceAll(/\s+/g, ' ')}`, {
    remedy: 'Give one SQL condition over the columns, for instance "score > 0.5 AND lang = \'en\'".',
  })
}
