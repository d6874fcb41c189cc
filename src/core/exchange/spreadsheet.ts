/**
 * One row of a CSV file that a spreadsheet opens without harm: quoted by RFC 4180, and a text that a spreadsheet would take for a formula
 * (it begins with = + - @, a tab or a line break) begins with an apostrophe instead (OWASP, CSV injection). Numbers stay numbers; null is empty.
 */
export function spreadsheetRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

function cellOf(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
