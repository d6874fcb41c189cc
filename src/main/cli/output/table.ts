/** A column: where its cells stand. */
export type Align = 'left' | 'right'

/** Rows as aligned text, two spaces between columns; the first row is the heading, underlined. */
export function formatTable(rows: readonly (readonly string[])[], align: readonly Align[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))))
  const lines = rows.map((row) => formatRow(row, widths, align))
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '))
  return `${lines.join('\n')}\n`
}

/** `name  value` lines, names padded. */
export function formatPairs(pairs: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => widthOf(name)))
  return pairs.map(([name, value]) => `${pad(name, width, 'left')}  ${value}\n`).join('')
}

function formatRow(row: readonly string[], widths: readonly number[], align: readonly Align[]): string {
  return widths
    .map((width, at) => pad(row[at] ?? '', width, align[at] ?? 'left'))
    .join('  ')
    .trimEnd()
}

function pad(text: string, width: number, align: Align): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + space : space + text
}

function widthOf(text: string): number {
  return Array.from(text).length
}
