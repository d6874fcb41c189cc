import type { LedgerEntry } from '../../../../contract/workbench/ledger.ts'
import { spreadsheetRow } from '../../../../core/exchange/spreadsheet.ts'

const columns = [
  'at',
  'host',
  'purpose',
  'provider',
  'model',
  'endpoint',
  'promptTokens',
  'completionTokens',
  'cost',
  'outcome',
  'milliseconds',
] as const satisfies readonly (keyof LedgerEntry)[]

/** The ledger as JSON lines. */
export function ledgerJsonl(entries: readonly LedgerEntry[]): string {
  return entries.map((entry) => `${JSON.stringify({ ...entry, at: isoTime(entry.at) })}\n`).join('')
}

/** The ledger as RFC 4180 with a heading, safe to open in a spreadsheet: no cell is read as a formula. */
export function ledgerCsv(entries: readonly LedgerEntry[]): string {
  const rows = entries.map((entry) => columns.map((name) => (name === 'at' ? isoTime(entry.at) : entry[name])))
  return [columns, ...rows].map(spreadsheetRow).join('')
}

function isoTime(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString()
}
