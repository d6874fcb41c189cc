import { createDelimitedParser, type Dialect } from './delimited.ts'
import { readDelimitedRecords } from './delimited-records.ts'
import type { DataFormat } from './format.ts'

/** Tab-separated values. Many such files use quotes as plain characters: quoting is on only while it damages nothing. */
export const tsvFormat: DataFormat = {
  id: 'tsv',
  name: 'TSV',
  extensions: ['.tsv', '.tab'],
  createParser: (options) => createDelimitedParser(options, chooseDialect),
}

function chooseDialect(text: string): Dialect {
  const quoted = countDamaged(text, true)
  const quoting = quoted === 0 || quoted <= countDamaged(text, false)
  return { delimiter: '\t', quoting }
}

/** Records that are damaged or of another width than the first. */
function countDamaged(text: string, quoting: boolean): number {
  let width = 0
  let damaged = 0
  for (const record of readDelimitedRecords(text, '\t', quoting)) {
    if (record.problem === undefined && width === 0) width = record.cells.length
    if (record.problem !== undefined || record.cells.length !== width) damaged++
  }
  return damaged
}
