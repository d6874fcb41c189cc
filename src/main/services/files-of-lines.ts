import { basename } from 'node:path'
import type { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { readRegularFile } from '../files/read-regular.ts'
import { fileError } from '../files/write-aside.ts'
import { breathe } from './breathe.ts'

/** Lines of one turn: a few milliseconds. */
const linesTogether = 1000

/** Reads a JSON Lines file; empty lines are skipped. Throws `bad-file` naming the line, from 1. */
export function readJsonLines<S extends z.ZodType>(path: string, schema: S, what: string): z.output<S>[] {
  const values: z.output<S>[] = []
  for (const [at, line] of linesOf(path).entries()) {
    if (line.trim() !== '') values.push(parseLine(line, schema, basename(path), at + 1, what))
  }
  return values
}

/** The same for hundreds of thousands of lines: others have their turn in between. */
export async function readManyJsonLines<S extends z.ZodType>(
  path: string,
  schema: S,
  what: string,
): Promise<z.output<S>[]> {
  const values: z.output<S>[] = []
  for (const [at, line] of linesOf(path).entries()) {
    if (line.trim() !== '') values.push(parseLine(line, schema, basename(path), at + 1, what))
    if (at % linesTogether === 0) await breathe()
  }
  return values
}

function linesOf(path: string): string[] {
  try {
    return readRegularFile(path)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
  } catch (error) {
    throw fileError(error, path, 'read')
  }
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

/** Reads a whole text file. Throws `not-found` or `bad-file`. */
export function readTextFile(path: string): string {
  try {
    return readRegularFile(path).toString('utf8')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
}
