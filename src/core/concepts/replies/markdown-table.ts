const rule = /^\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$/
const conceptHeading = /concept|categor/i
const otherHeading = /name|topic|item|theme/i

/**
 * Cells of the column of a markdown table that names things: the one whose heading speaks of concepts, else the first that holds more
 * than numbers. Null when the lines hold no table: no row of dashes below a heading, and not all of them between bars.
 */
export function tableItems(lines: readonly string[]): string[] | null {
  const at = lines.findIndex((line, i) => i > 0 && line.includes('|') && rule.test(line) && lines[i - 1]!.includes('|'))
  const isBare = at < 0 && lines.length > 1 && lines.every((line) => /^\|.+\|$/.test(line))
  if (at < 0 && !isBare) return null
  const headings = isBare ? [] : cellsOf(lines[at - 1]!)
  const rows: string[][] = []
  for (const line of lines.slice(isBare ? 0 : at + 1)) {
    if (!line.includes('|')) break
    rows.push(cellsOf(line))
  }
  const named = [conceptHeading, otherHeading].map((heading) => headings.findIndex((cell) => heading.test(cell)))
  const worded = (rows[0] ?? []).findIndex((_, column) => rows.some((row) => /\p{L}/u.test(row[column] ?? '')))
  const column = [...named, worded].find((index) => index >= 0)
  return column === undefined ? [] : rows.map((row) => row[column] ?? '')
}

function cellsOf(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '')
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim())
}
