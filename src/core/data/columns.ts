import type { SourceRow } from './dataset.ts'

/** All keys of the rows, in order of first appearance. */
export function columnsOf(rows: readonly SourceRow[]): string[] {
  const columns = new Set<string>()
  for (const row of rows) for (const key of Object.keys(row.values)) columns.add(key)
  return [...columns]
}
