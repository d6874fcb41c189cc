import { createDelimitedParser, type Dialect } from './delimited.ts'
import { readDelimitedRecords } from './delimited-records.ts'
import type { DataFormat } from './format.ts'

const delimiters = [',', ';', '\t', '|']

/** Comma-separated values (RFC 4180); the delimiter may also be a semicolon, a tab or a bar, told by the first row. */
export const csvFormat: DataFormat = {
  id: 'csv',
  name: 'CSV',
  extensions: ['.csv'],
  createParser: (options) => createDelimitedParser(options, chooseDialect),
}

/** The delimiter that cuts the first row into most cells; a comma when none cuts more. */
function chooseDialect(text: string): Dialect {
  let best = ','
  let most = 0
  for (const delimiter of delimiters) {
    const first = readDelimitedRecords(text, delimiter, true).next()
    const cells = first.done === true ? 0 : first.value.cells.length
    if (cells > most) {
      best = delimiter
      most = cells
    }
  }
  return { delimiter: best, quoting: true }
}
