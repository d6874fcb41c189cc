import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { parseJsonText } from '../../../core/data/formats/json-text.ts'
import { ConceptRecords } from '../../../core/exchange/concept-records.ts'
import type { ConceptRow, ConceptRows } from '../../../core/exchange/concept-row.ts'
import { readForeignConceptsInSteps } from '../../../core/exchange/read-concepts.ts'
import { FileSource } from '../../files/file-source.ts'
import { readJsonArray } from '../../files/read-json-array.ts'
import { readLines, type FileLines } from '../../files/read-lines.ts'
import { breathe } from '../breathe.ts'
import { quietTask, throwIfCancelled, type Task } from '../task.ts'

/** Bytes of a text that is read whole: a table. What it becomes in memory is several times as much. */
export const longestWhole = 64 * 1024 * 1024

/** Bytes of a single JSON value, which is parsed in one go: a line, an item of an array, the text of a file. */
const longestValue = 8 * 1024 * 1024

/** Characters looked at without letting others in, a few milliseconds; a line costs as much as so many, however short it is. */
const charactersTogether = 128 * 1024
const perLine = 1000

/** Concepts looked at without letting others in. */
const rowsTogether = 5000

/** Bytes in which line feeds are counted. */
const piece = 1024 * 1024

const reading = 'Reading concepts'

export interface ConceptsOfFile extends ConceptRows {
  /** Concepts that `keeps` did not want. */
  readonly others: number
}

export interface ConceptsOfFileOptions {
  /** Which concepts are wanted; all when left out. */
  readonly keeps?: (row: ConceptRow) => boolean
  readonly task?: Task
  /** Bytes beyond which nothing is read whole. */
  readonly longest?: number
}

/**
 * The concepts of a file of any size in JSON lines or as a JSON array, read record by record while others go on; of a table, which is read
 * whole, up to 64 MB, and of one JSON object up to 8. Throws `bad-data` for a larger one and for a file in no known form.
 */
export async function readConceptsOf(path: string, options: ConceptsOfFileOptions = {}): Promise<ConceptsOfFile> {
  const { keeps = () => true, task = quietTask(), longest = longestWhole } = options
  const name = basename(path)
  const source = new FileSource(path, name)
  const longestRecord = Math.min(longest, longestValue)
  try {
    const begins = beginningOf(source)[0]
    if (begins === '[') return await readRecords(source, readJsonArray(source, longestRecord), options, 'record')
    if (begins === '{' && isOfLines(source, longestRecord)) {
      return await readRecords(source, readLines(source, longestRecord), options, 'line')
    }
    const most = begins === '{' ? longestRecord : longest
    if (source.size > most) throw tooLarge(source, most)
    const lines = linesOf(source)
    const steps = readForeignConceptsInSteps(textOf(source), name)
    for (;;) {
      const step = steps.next()
      if (step.done !== true) {
        throwIfCancelled(task)
        task.report({ stage: reading, done: step.value, total: lines, unit: 'lines' })
        await breathe()
        continue
      }
      const rows: ConceptRow[] = []
      for (const [at, row] of step.value.rows.entries()) {
        if (at % rowsTogether === 0) await breathe()
        if (keeps(row)) rows.push(row)
      }
      return { ...step.value, rows, others: step.value.rows.length - rows.length }
    }
  } finally {
    source.close()
  }
}

/** The text of a file that is read whole. Throws `bad-data` for one of more than `longest` bytes, 64 MB. */
export function readWholeText(path: string, remedy: string, longest = longestWhole): string {
  const source = new FileSource(path, basename(path))
  try {
    if (source.size > longest) throw tooLarge(source, longest, remedy)
    return textOf(source)
  } finally {
    source.close()
  }
}

async function readRecords(
  source: FileSource,
  pieces: Iterable<FileLines>,
  { keeps, task = quietTask(), longest = longestWhole }: ConceptsOfFileOptions,
  unit: 'line' | 'record',
): Promise<ConceptsOfFile> {
  const records = new ConceptRecords(source.name, keeps)
  const tooLong = `the ${unit} is longer than ${megabytes(Math.min(longest, longestValue))}`
  for (const { lines, bytes } of pieces) {
    let characters = 0
    for (const { line, text } of lines) {
      if (text === null) records.add(line, tooLong)
      else records.addLine(line, text)
      characters += (text?.length ?? 0) + perLine
      if (characters < charactersTogether) continue
      characters = 0
      await breathe()
    }
    throwIfCancelled(task)
    task.report({ stage: reading, done: inMegabytes(bytes), total: inMegabytes(source.size), unit: 'MB' })
    await breathe()
  }
  return { ...records.finish(), others: records.others }
}

/** Bytes at the beginning that may be white space. */
const head = 64 * 1024

/** The beginning of a file without the mark of its encoding and white space. */
function beginningOf(source: FileSource): string {
  const beginning = Buffer.from(source.read(0, Math.min(head, source.size))).toString('utf8')
  return beginning.replace(/^\uFEFF/, '').trimStart()
}

/** Whether a file is JSON lines: its first line that is not empty is an object by itself. */
function isOfLines(source: FileSource, longest: number): boolean {
  for (const { lines } of readLines(source, longest)) {
    for (const { text } of lines) {
      const plain = text?.replace(/^\uFEFF/, '').trim()
      if (plain !== '') return plain !== undefined && parseJsonText(plain).ok
    }
  }
  return false
}

function textOf(source: FileSource): string {
  const bytes = Buffer.alloc(source.size)
  source.readInto(0, bytes)
  return bytes.toString('utf8')
}

/** Line feeds of a file, and one more. */
function linesOf(source: FileSource): number {
  let count = 1
  for (let at = 0; at < source.size; at += piece) {
    const bytes = source.read(at, Math.min(piece, source.size - at))
    for (let feed = bytes.indexOf(10); feed >= 0; feed = bytes.indexOf(10, feed + 1)) count++
  }
  return count
}

function tooLarge(
  { name, size }: FileSource,
  longest: number,
  remedy = 'Save it as JSON lines, one object a line, which may be of any size, or split it.',
): SnipError {
  return new SnipError(
    'bad-data',
    `${name} has ${megabytes(size)}: a table or a single JSON object is read whole, which is possible up to ${megabytes(longest)}`,
    { remedy },
  )
}

function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024))
}

function megabytes(bytes: number): string {
  return `${inMegabytes(bytes)} MB`
}
