import { SnipError } from '../../../contract/failure.ts'
import type { Rejection, SourceRow } from '../dataset.ts'
import { isTextColumnName } from '../text-column.ts'
import { readDelimitedRecords, type DelimitedRecord } from './delimited-records.ts'
import { createWholeTextParser, type Parsed, type ParserOptions, type TextParser } from './format.ts'

const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

export interface Dialect {
  readonly delimiter: string
  readonly quoting: boolean
}

/** A parser for delimited tables; `chooseDialect` sees the whole text. */
export function createDelimitedParser(options: ParserOptions, chooseDialect: (text: string) => Dialect): TextParser {
  return createWholeTextParser(
    (text) => parseDelimited(text, chooseDialect(text), options),
    () =>
      new SnipError('bad-data', `${options.name} is too large: a delimited table of more than 512 million characters`, {
        remedy: 'Turn it into Parquet or JSONL, or split it.',
      }),
  )
}

function parseDelimited(text: string, dialect: Dialect, options: ParserOptions): Parsed {
  const records = readDelimitedRecords(text, dialect.delimiter, dialect.quoting)
  const rejected: Rejection[] = []
  const kept: DelimitedRecord[] = []
  let header: readonly string[] | null = null
  let width = 0
  for (const record of records) {
    if (record.problem !== undefined) {
      rejected.push({ line: record.line, reason: record.problem })
    } else if (width === 0) {
      width = record.cells.length
      if (isHeader(record.cells, options.textColumn)) header = record.cells
      else kept.push(record)
    } else if (record.cells.length === width) {
      kept.push(record)
    } else {
      rejected.push({ line: record.line, reason: `expected ${width} cells, found ${record.cells.length}` })
    }
  }
  const columns = columnNames(header, width)
  return {
    kind: 'rows',
    columns,
    rows: typeRows(kept, columns, options.textColumn),
    rejected,
    repaired: 0,
    notes: header === null && kept.length > 0 ? ['The first row looks like data, so the columns have no names.'] : [],
  }
}

/** A first row is a header when it has a known text column's name, or when its cells are distinct, short and no numbers. */
function isHeader(cells: readonly string[], textColumn: string | undefined): boolean {
  if (cells.some((cell) => cell.trim() === textColumn || isTextColumnName(cell))) return true
  const names = cells.filter((cell) => cell.trim() !== '')
  if (names.length === 0 || new Set(names).size < names.length) return false
  return names.every((cell) => cell.length <= 64 && !/[\n\r]/.test(cell) && !jsonNumber.test(cell.trim()))
}

/** Header cells, trimmed; a missing name is `column` and its index from 0, a second use of a name gets `_1`, `_2` ... */
function columnNames(header: readonly string[] | null, width: number): string[] {
  const names: string[] = []
  const used = new Set<string>()
  const copies = new Map<string, number>()
  for (let index = 0; index < width; index++) {
    const given = header?.[index]?.trim() ?? ''
    const base = given === '' ? `column${index}` : given
    let name = base
    // Where the last search for a copy of this name ended: a header of one name over and over must not take forever.
    let copy = copies.get(base) ?? 1
    for (; used.has(name); copy++) name = `${base}_${copy}`
    copies.set(base, copy)
    used.add(name)
    names.push(name)
  }
  return names
}

type CellType = 'number' | 'boolean' | 'text'

/** Cells become numbers or booleans where a whole column reads so, empty ones of such a column null; else text as is. */
function typeRows(
  records: readonly DelimitedRecord[],
  columns: readonly string[],
  textColumn: string | undefined,
): SourceRow[] {
  const types = columns.map((name, index) =>
    name === textColumn || isTextColumnName(name) ? 'text' : columnType(records, index),
  )
  return records.map((record) => {
    // No prototype, so that a column called __proto__ is a column.
    const values = Object.create(null) as Record<string, unknown>
    columns.forEach((name, index) => {
      values[name] = typeCell(record.cells[index] ?? '', types[index] ?? 'text')
    })
    return { line: record.line, values }
  })
}

function columnType(records: readonly DelimitedRecord[], index: number): CellType {
  let type: CellType | null = null
  for (const record of records) {
    const cell = record.cells[index] ?? ''
    if (cell === '') continue
    const here: CellType = isExactNumber(cell) ? 'number' : /^(true|false)$/i.test(cell) ? 'boolean' : 'text'
    if (here === 'text' || (type !== null && type !== here)) return 'text'
    type = here
  }
  return type ?? 'text'
}

function isExactNumber(cell: string): boolean {
  if (!jsonNumber.test(cell)) return false
  return /[.eE]/.test(cell) ? Number.isFinite(Number(cell)) : Number.isSafeInteger(Number(cell))
}

function typeCell(cell: string, type: CellType): unknown {
  if (type === 'text') return cell
  if (cell === '') return null
  return type === 'number' ? Number(cell) : cell.toLowerCase() === 'true'
}
