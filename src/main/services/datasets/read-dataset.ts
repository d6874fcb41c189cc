import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ClozeQuestion, Dataset, Document, Rejection, SourceRow } from '../../../core/data/dataset.ts'
import { clozeDocumentText } from '../../../core/data/formats/cbt.ts'
import type { DataFormat, Parsed } from '../../../core/data/formats/format.ts'
import { dataFormatById, dataFormatByName, refineTextFormat } from '../../../core/data/formats/index.ts'
import { cutText, previewRow, shortPreview, type PreviewSize } from '../../../core/data/preview.ts'
import { sampleIndices } from '../../../core/data/sample.ts'
import { pickTextColumn, summarizeColumns, textOf, type TextColumn } from '../../../core/data/text-column.ts'
import { createRandom } from '../../../core/stats/random.ts'
import { filterRows } from './filter-rows.ts'
import { hashDocuments } from './hash-documents.ts'
import { locateFile, refuseTooLarge, type LocatedFile } from './open-file.ts'
import { readTextFile, type ParsedFile } from './read-text.ts'

export interface ReadDatasetOptions {
  /** Column that holds the text, dotted for a nested one. */
  readonly textColumn?: string
  /** SQL predicate over the rows. */
  readonly where?: string
  /** Number of rows to draw, uniformly, without replacement, file order kept. */
  readonly sample?: number
  /** Seed of the sample; 0 when left out. */
  readonly seed?: number
  /** Id of a format, in place of the one that the file's name and content tell. */
  readonly format?: string
  /** For showing a table: without a text column that can be told, the dataset has no documents but its rows show. */
  readonly textOptional?: boolean
  /** How much the preview shows; what fits on a terminal when left out. */
  readonly preview?: PreviewSize
}

type Rows = Extract<Parsed, { kind: 'rows' }>
type Cloze = Extract<Parsed, { kind: 'cloze' }>

/** What a reader of one kind contributes; the rest of a dataset is the same for all. */
type Content = Omit<Dataset, 'path' | 'dataHash'>

/**
 * Reads a data file into documents. A plain text file is one document; a row of a table, of JSON lines or of a JSON
 * array is one document; a cloze question is one. Order: parse, filter (`where`), drop rows without text, sample.
 * Throws a SnipError for anything wrong with the file ('not-found', 'bad-file', 'bad-data', 'out-of-memory') or the
 * options ('bad-argument').
 */
export async function readDataset(path: string, options: ReadDatasetOptions = {}): Promise<Dataset> {
  checkOptions(options)
  const file = await locateFile(path)
  const forced = options.format === undefined ? null : dataFormatById(options.format)
  const named = forced ?? dataFormatByName(basename(file.path))
  const content = named.createParser === null ? await readTable(file, options) : await readText(file, named, options)
  return { ...content, path: file.path, dataHash: hashDocuments(content.documents) }
}

function sizeOf({ preview }: ReadDatasetOptions): PreviewSize {
  return preview ?? shortPreview
}

function checkOptions({ sample, seed }: ReadDatasetOptions): void {
  if (sample !== undefined && (!Number.isSafeInteger(sample) || sample < 1)) {
    throw new SnipError('bad-argument', `--sample needs a whole number from 1, not ${sample}`, {
      remedy: 'Give the number of rows to draw.',
    })
  }
  if (seed !== undefined && (!Number.isSafeInteger(seed) || seed < 0)) {
    throw new SnipError('bad-argument', `--seed needs a whole number from 0, not ${seed}`, {
      remedy: 'Give a seed such as 1.',
    })
  }
}

async function readText(file: LocatedFile, format: DataFormat, options: ReadDatasetOptions): Promise<Content> {
  refuseTooLarge(file, format.id === 'txt' ? 2 : 4)
  const chooseFormat = (head: string): DataFormat =>
    format.id === 'txt' && options.format === undefined ? refineTextFormat(head) : format
  const found = await readTextFile(file, chooseFormat, (chosen) => {
    if (chosen.createParser === null) throw new SnipError('internal', `${chosen.id} has no text parser`)
    const asked = options.textColumn === undefined ? {} : { textColumn: options.textColumn }
    return chosen.createParser({ name: file.name, ...asked })
  })
  const { parsed } = found
  if (parsed.kind === 'text') return textContent(file, found, parsed.text, options)
  return parsed.kind === 'cloze'
    ? clozeContent(file, found, parsed, options)
    : rowsContent(file, found, parsed, options)
}

function textContent(file: LocatedFile, found: ParsedFile, text: string, options: ReadDatasetOptions): Content {
  for (const [flag, value] of [
    ['--where', options.where],
    ['--sample', options.sample],
    ['--text-column', options.textColumn],
  ]) {
    if (value === undefined) continue
    throw new SnipError('bad-argument', `${flag} works on rows, and ${file.name} is a plain text file: one document`, {
      remedy: `Leave ${flag} out, or give a table (CSV, TSV, JSONL, JSON, Parquet).`,
    })
  }
  if (text === '') throw new SnipError('bad-data', `${file.name} holds no text`, { remedy: 'Give a file with text.' })
  return {
    kind: 'text',
    format: found.format.id,
    textColumn: null,
    documents: [{ text }],
    columns: ['text'],
    rows: 1,
    rejected: [],
    repaired: found.repaired,
    notes: found.notes,
    preview: [{ text: cutText(text, sizeOf(options).characters) }],
  }
}

async function rowsContent(
  file: LocatedFile,
  found: ParsedFile,
  parsed: Rows,
  options: ReadDatasetOptions,
): Promise<Content> {
  const rejected: Rejection[] = [...parsed.rejected]
  if (parsed.rows.length === 0) throw noRows(file, rejected)
  const filtered =
    options.where === undefined ? parsed.rows : await filterRows(parsed.rows, parsed.columns, options.where)
  if (filtered.length === 0) throw noMatch(file, parsed.rows.length)
  const column = columnOf(parsed.columns, parsed.rows, options)
  const usable: { row: SourceRow; text: string }[] = []
  for (const row of filtered) {
    const text = column === null ? { text: '' } : textOf(row.values, column)
    if ('text' in text) usable.push({ row, text: text.text })
    else rejected.push({ line: row.line, reason: text.reason })
  }
  refuseBlank(file, usable, column, rejected)
  const chosen = pickSample(file, usable, options)
  return {
    kind: 'rows',
    format: found.format.id,
    textColumn: column?.label ?? null,
    documents: column === null ? [] : asDocuments(chosen.map(({ text }) => text)),
    columns: parsed.columns,
    rows: chosen.length,
    rejected: byLine(rejected),
    repaired: found.repaired + parsed.repaired,
    notes: [...found.notes, ...parsed.notes, ...surrogateNote(parsed.repaired)],
    preview: chosen.slice(0, sizeOf(options).rows).map(({ row }) => previewRow(row.values, sizeOf(options))),
  }
}

async function clozeContent(
  file: LocatedFile,
  found: ParsedFile,
  parsed: Cloze,
  options: ReadDatasetOptions,
): Promise<Content> {
  if (options.textColumn !== undefined) {
    throw new SnipError('bad-argument', `--text-column has no use: ${file.name} holds cloze questions`, {
      remedy: 'Leave it out.',
    })
  }
  if (parsed.questions.length === 0) throw noRows(file, parsed.rejected)
  const columns = ['index', 'context', 'query', 'answer', 'candidates']
  const rows = parsed.questions.map(({ line, question }) => ({ line, values: { ...question } }))
  const filtered = options.where === undefined ? rows : await filterRows(rows, columns, options.where)
  if (filtered.length === 0) throw noMatch(file, rows.length)
  const chosen = pickSample(file, filtered, options)
  const questions = chosen.map(({ values }) => values as unknown as ClozeQuestion)
  return {
    kind: 'cloze',
    format: found.format.id,
    textColumn: null,
    documents: asDocuments(questions.map(clozeDocumentText)),
    columns,
    rows: chosen.length,
    rejected: parsed.rejected,
    repaired: found.repaired,
    notes: found.notes,
    preview: chosen.slice(0, sizeOf(options).rows).map(({ values }) => previewRow(values, sizeOf(options))),
    cloze: questions,
  }
}

async function readTable(file: LocatedFile, options: ReadDatasetOptions): Promise<Content> {
  // Imported on demand: it loads the native database.
  const { openParquet } = await import('./read-parquet.ts')
  const table = await openParquet(file, options)
  try {
    if (table.rows.length === 0) throw options.where === undefined ? noRows(file, []) : noMatch(file, null)
    const column = table.textColumn
    const rejected: Rejection[] = []
    const usable: { number: number; text: string }[] = []
    for (const { number, text } of table.rows) {
      if (column !== null && text === null) {
        rejected.push({ line: number + 1, reason: `${JSON.stringify(column.label)} is null` })
      } else usable.push({ number, text: text ?? '' })
    }
    refuseBlank(file, usable, column, rejected)
    const chosen = pickSample(file, usable, options)
    const shown = await table.readRows(chosen.slice(0, sizeOf(options).rows).map(({ number }) => number))
    return {
      kind: 'rows',
      format: 'parquet',
      textColumn: column?.label ?? null,
      documents: column === null ? [] : asDocuments(chosen.map(({ text }) => text)),
      columns: table.columns,
      rows: chosen.length,
      rejected,
      repaired: 0,
      notes: [],
      preview: shown.map(({ values }) => previewRow(values, sizeOf(options))),
    }
  } finally {
    await table.close()
  }
}

function columnOf(
  columns: readonly string[],
  rows: readonly SourceRow[],
  options: ReadDatasetOptions,
): TextColumn | null {
  try {
    return pickTextColumn(summarizeColumns(columns, rows), options.textColumn)
  } catch (error) {
    if (options.textOptional === true && options.textColumn === undefined) return null
    throw error
  }
}

function pickSample<T>(file: LocatedFile, items: readonly T[], options: ReadDatasetOptions): readonly T[] {
  const { sample } = options
  if (sample === undefined) return items
  if (sample > items.length) {
    const rows = items.length === 1 ? 'there is 1 row' : `there are ${items.length} rows`
    throw new SnipError('bad-argument', `--sample ${sample} asks for more than ${file.name} has: ${rows}`, {
      remedy: `Ask for ${items.length} or fewer.`,
    })
  }
  const indices = sampleIndices(items.length, sample, createRandom(options.seed ?? 0))
  return indices.map((index) => items[index]).filter((item) => item !== undefined)
}

function asDocuments(texts: readonly string[]): Document[] {
  return texts.map((text, row) => ({ text, row }))
}

function byLine(rejected: Rejection[]): Rejection[] {
  return rejected.sort((a, b) => a.line - b.line)
}

function surrogateNote(repaired: number): string[] {
  return repaired === 0 ? [] : [`${repaired} lone surrogates or stray byte order marks inside rows were mended.`]
}

function refuseBlank(
  file: LocatedFile,
  usable: readonly { readonly text: string }[],
  column: TextColumn | null,
  rejected: readonly Rejection[],
): void {
  if (column === null || usable.some(({ text }) => text.trim() !== '')) return
  if (usable.length === 0) throw noRows(file, rejected)
  throw new SnipError('bad-data', `No row of ${file.name} has any text in the column ${JSON.stringify(column.label)}`, {
    remedy: 'Name another column with --text-column.',
  })
}

function noRows(file: LocatedFile, rejected: readonly Rejection[]): SnipError {
  const shown = rejected.slice(0, 3).map(({ line, reason }) => `line ${line}: ${reason}`)
  const more = rejected.length > shown.length ? `, and ${rejected.length - shown.length} more` : ''
  const why = shown.length === 0 ? 'it has no rows' : `${shown.join('; ')}${more}`
  return new SnipError('bad-data', `No row of ${file.name} can be used: ${why}`, {
    remedy: 'Mend the file, or name its format or text column.',
  })
}

function noMatch(file: LocatedFile, rows: number | null): SnipError {
  const of = rows === null ? '' : ` of ${rows}`
  return new SnipError('bad-argument', `--where leaves no row${of} of ${file.name}`, { remedy: 'Widen the condition.' })
}
