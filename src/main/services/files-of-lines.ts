import { basename } from 'node:path'
import type { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { atOnce, type Steps } from '../../core/steps.ts'
import { FileSource } from '../files/file-source.ts'
import { readLines } from '../files/read-lines.ts'
import { readRegularFile } from '../files/read-regular.ts'
import { fileError, writeAsideWhile } from '../files/write-aside.ts'
import { breathe, inSteps } from './breathe.ts'

/** Lines of one turn: a few milliseconds. */
const linesTogether = 1000

/** Reads a JSON Lines file; empty lines are skipped. Throws `bad-file` naming the line, from 1. */
export function readJsonLines<S extends z.ZodType>(path: string, schema: S, what: string): z.output<S>[] {
  return atOnce(jsonLinesInSteps(path, schema, what))
}

/** The same for hundreds of thousands of lines: others have their turn in between. */
export function readManyJsonLines<S extends z.ZodType>(path: string, schema: S, what: string): Promise<z.output<S>[]> {
  return inSteps(jsonLinesInSteps(path, schema, what))
}

/** The same in steps, for whoever does more than reading. */
export function* jsonLinesInSteps<S extends z.ZodType>(path: string, schema: S, what: string): Steps<z.output<S>[]> {
  const values: z.output<S>[] = []
  const name = basename(path)
  const source = new FileSource(path, name)
  try {
    for (const { lines } of readLines(source, source.size)) {
      for (const { line, text } of lines) {
        const own = line === 1 ? text?.replace(/^\uFEFF/, '') : text
        if (own !== undefined && own !== null && own.trim() !== '') {
          values.push(parseLine(own, schema, name, line, what))
        }
        if (line % linesTogether === 0) yield
      }
      yield
    }
  } finally {
    source.close()
  }
  return values
}

function parseLine<S extends z.ZodType>(line: string, schema: S, name: string, number: number, what: string) {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    throw new SnipError('bad-file', `${name}, line ${number}: this is not JSON`, { remedy: `Give a file of ${what}.` })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') ?? ''
  throw new SnipError('bad-file', `${name}, line ${number}: ${where === '' ? '' : `${where}: `}${issue?.message}`, {
    remedy: `Give a file of ${what}.`,
  })
}

/** The text of a JSON Lines file: one compact value a line, each line ended by LF. */
export function* jsonLines(values: Iterable<unknown>): Generator<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`
}

/** Writes a JSON Lines file of hundreds of thousands of lines, whole or not at all: others have their turn in between. */
export function writeManyJsonLines(path: string, values: Iterable<unknown>): Promise<void> {
  return writeAsideWhile(path, async (append) => {
    let lines = 0
    for (const line of jsonLines(values)) {
      append(line)
      if (++lines % linesTogether === 0) await breathe()
    }
  })
}

/** Reads a whole text file. Throws `not-found` or `bad-file`. */
export function readTextFile(path: string): string {
  try {
    return readRegularFile(path).toString('utf8')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}
