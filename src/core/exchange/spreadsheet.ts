const formulaSigns = '=+\\-@＝＋－＠'
/** Apostrophes that stand there already count, so that the one that is set can be told and taken off again. */
const begins = new RegExp(`^(?='*[${formulaSigns}\\t\\r\\n])`)
/** Where other settings begin a cell: there a quote in the middle of what they take for a cell protects nothing. */
const beginsInside = new RegExp(`([;\\t\\r\\n][\\s"]*)(?='*[${formulaSigns}])`, 'g')

/**
 * One row of a CSV file that a spreadsheet opens without harm: quoted by RFC 4180, and a text that a spreadsheet would take for a formula
 * (it begins with = + - @, a tab or a line break) begins with an apostrophe instead (OWASP, CSV injection). So does a part of it after
 * a semicolon, a tab or a line break, where spreadsheets of other settings begin a new cell. Numbers stay numbers; null is empty.
 */
export function spreadsheetRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/** The text of a cell that `spreadsheetRow` wrote, its quoting read already: without the apostrophes that were set. */
export function fromSpreadsheet(cell: string): string {
  return cell.replace(setInside, '$1').replace(setAtBeginning, '')
}

const setAtBeginning = new RegExp(`^'(?='*[${formulaSigns}\\t\\r\\n])`)
const setInside = new RegExp(`([;\\t\\r\\n][\\s"]*)'(?='*[${formulaSigns}])`, 'g')

function cellOf(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  const safe = cell.replace(beginsInside, "$1'").replace(begins, "'")
  return /[",;\t\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}
