import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api'

/**
 * A database value as plain JSON. Whole numbers beyond 2^53, decimals that a double does not hold, dates, times and
 * ids become strings; not-a-number and the infinities too; a map becomes an object; bytes become `\x..` text.
 */
export function toJson(value: DuckDBValue): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'bigint') return exactNumber(value.toString())
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(toJson)
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([key, item]) => [key, toJson(item)]))
  }
  if (value instanceof DuckDBMapValue) {
    return Object.fromEntries(value.entries.map(({ key, value: item }) => [keyText(toJson(key)), toJson(item)]))
  }
  if (value instanceof DuckDBUnionValue) return toJson(value.value)
  if (value instanceof DuckDBDecimalValue) return exactNumber(value.toString())
  if (value instanceof DuckDBBlobValue) return value.toString()
  return String(value)
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? key : JSON.stringify(key)
}

/** A number when a double holds these digits exactly as written (up to trailing zeros), else the digits. */
function exactNumber(digits: string): number | string {
  const number = Number(digits)
  if (Number.isInteger(number)) return Number.isSafeInteger(number) ? number : digits
  return digits.replace(/^-?0*/, '').replace('.', '').length <= 15 ? number : digits
}
