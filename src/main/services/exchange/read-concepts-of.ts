import { basename } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { parseJsonText } from '../../../core/data/formats/json-text.ts'
import { ConceptRecords } from '../../../core/exchange/concept-records.ts'
import type { ConceptRow, ConceptRows } from '../../../core/exchange/concept-row.ts'
import { readForeignConceptsInSteps } from '../../../core/exchange/read-concepts.ts'
import { FileSource } from '../../files/file-source.ts'
import { readLines } from '../../files/read-lines.ts'
import { breathe } from '../breathe.ts'
import { quietTask, throwIfCancelled, type Task } from '../task.ts'

/** Bytes of a text that is read whole: one JSON value, a table. What it becomes in memory is several times as much. */
export const longestWhole = 64 * 1024 * 1024

/** Lines looked at without letting others in. */
const linesTogether = 200

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
 * The concepts of a file of any size in JSON lines, read line by line while others go on; of a table or one JSON value, which is read
 * whole, up to 64 MB. Throws `bad-data` for a larger one and for a file in no known form.
 */
export async function readConceptsOf(path: string, options: ConceptsOfFileOptions = {}): Promise<ConceptsOfFile> {
  const { keeps = () => true, task = quietTask(), longest = longestWhole } = options
  const name = basename(path)
  const source = new FileSource(path, name)
  try {
    if (isOfLines(source, longest)) return await readRecords(source, keeps, task, longest)
    if (source.size > longest) throw tooLarge(source, longest)
    const steps = readForeignConceptsInSteps(Buffer.from(source.read(0, source.size)).toString('utf8'), name)
    for (;;) {
      const step = steps.next()
      if (step.done !== true) {
        throwIfCancelled(task)
        await breathe()
        continue
      }
      const rows = step.value.rows.filter(keeps)
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
    return Buffer.from(source.read(0, source.size)).toString('utf8')
  } finally {
    source.close()
  }
}

async function readRecords(
  source: FileSource,
  keeps: (row: ConceptRow) => boolean,
  task: Task,
  longest: number,
): Promise<ConceptsOfFile> {
  const records = new ConceptRecords(source.name, keeps)
  for (const { lines, bytes } of readLines(source, longest)) {
    for (const [i, { line, text }] of lines.entries()) {
      if (text === null) records.add(line, `the line is longer than ${megabytes(longest)}`)
      else records.addLine(line, text)
      if (i % linesTogether === linesTogether - 1) await breathe()
    }
    throwIfCancelled(task)
    task.report({ stage: 'Reading concepts', done: inMegabytes(bytes), total: inMegabytes(source.size), unit: 'MB' })
    await breathe()
  }
  return { ...records.finish(), others: records.others }
}

/** Bytes at the beginning that may be white space. */
const head = 64 * 1024

/** Whether a file is JSON lines: its first line that is not empty is an object by itself. */
function isOfLines(source: FileSource, longest: number): boolean {
  const beginning = Buffer.from(source.read(0, Math.min(head, source.size))).toString('utf8')
  if (
    !beginning
      .replace(/^\uFEFF/, '')
      .trimStart()
      .startsWith('{')
  )
    return false
  for (const { lines } of readLines(source, longest)) {
    for (const { text } of lines) {
      const plain = text?.replace(/^\uFEFF/, '').trim()
      if (plain !== '') return plain !== undefined && parseJsonText(plain).ok
    }
  }
  return false
}

function tooLarge(
  { name, size }: FileSource,
  longest: number,
  remedy = 'Save it as JSON lines, one object a line, which may be of any size, or split it.',
): SnipError {
  return new SnipError(
    'bad-data',
    `${name} has ${megabytes(size)}: a table or a single JSON text is read whole, which is possible up to ${megabytes(longest)}`,
    { remedy },
  )
}

function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / (1024 * 1024))
}

function megabytes(bytes: number): string {
  return `${inMegabytes(bytes)} MB`
}
