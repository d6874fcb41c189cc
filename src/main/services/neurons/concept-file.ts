import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { conceptSchema, type Concept } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { fileError } from '../../files/write-aside.ts'
import { breathe } from '../breathe.ts'

/** Lines read without letting others in: a few milliseconds. */
const linesTogether = 2000

/** A file of concepts as columns, one entry a line: hundreds of thousands fit without an object each. */
export interface ConceptFile {
  /** Row of the neuron table. */
  readonly rows: Uint32Array
  readonly texts: readonly string[]
  /** NaN where there is none. */
  readonly scores: Float64Array
  readonly failed: Uint8Array
  readonly authors: readonly string[]
  readonly scoreKinds: readonly (string | null)[]
  readonly reasons: ReadonlyMap<number, string>
  /** Answers that were no concept, by place, of the failed lines that had any. */
  readonly failedAnswers: ReadonlyMap<number, number>
}

/** Reads a file of concepts; those of neurons outside the table are left out. Throws `bad-file` naming the line, from 1. */
export async function readConceptFile(path: string, rowOf: (neuron: string) => number | null): Promise<ConceptFile> {
  let lines: string[]
  try {
    lines = (await readFile(path, 'utf8')).split('\n')
  } catch (error) {
    throw fileError(error, path, 'read')
  }
  const rows = new Uint32Array(lines.length)
  const scores = new Float64Array(lines.length)
  const failed = new Uint8Array(lines.length)
  const texts: string[] = []
  const authors: string[] = []
  const scoreKinds: (string | null)[] = []
  const reasons = new Map<number, string>()
  const failedAnswers = new Map<number, number>()
  // Few different ones: a hundred thousand copies would each take their own memory.
  const names = new Map<string, string>()
  const once = (name: string) => names.get(name) ?? (names.set(name, name), name)
  for (let first = 0; first < lines.length; first += linesTogether) {
    for (const concept of parseLines(lines, first, Math.min(first + linesTogether, lines.length), path)) {
      const row = rowOf(concept.neuron)
      if (row === null) continue
      const place = texts.length
      rows[place] = row
      scores[place] = concept.score ?? Number.NaN
      failed[place] = concept.status === 'failed' ? 1 : 0
      texts.push(concept.text)
      authors.push(once(concept.author))
      scoreKinds.push(concept.scoreKind === null ? null : once(concept.scoreKind))
      if (concept.reason !== undefined) reasons.set(place, concept.reason)
      if (concept.failedAnswers !== undefined) failedAnswers.set(place, concept.failedAnswers)
    }
    await breathe()
  }
  const count = texts.length
  return {
    rows: rows.subarray(0, count),
    texts,
    scores: scores.subarray(0, count),
    failed: failed.subarray(0, count),
    authors,
    scoreKinds,
    reasons,
    failedAnswers,
  }
}

/** Some lines at once: one parse of many lines takes half the time. */
function parseLines(lines: readonly string[], first: number, end: number, path: string): Concept[] {
  const own = lines.slice(first, end).filter((line) => line.trim() !== '')
  try {
    const parsed = JSON.parse(`[${own.join(',')}]`) as unknown[]
    if (parsed.length === own.length && parsed.every(isConcept)) return parsed
  } catch {
    // Told line by line below.
  }
  const concepts: Concept[] = []
  for (let at = first; at < end; at++) {
    if (lines[at]!.trim() !== '') concepts.push(parseConcept(lines[at]!, path, at + 1))
  }
  return concepts
}

/** The shape of a concept, without the schema's cost: these are hundreds of thousands of lines that the workbench wrote. */
function isConcept(value: unknown): value is Concept {
  const { neuron, text, author, score, scoreKind, status, reason, failedAnswers } = (value ?? {}) as Record<
    string,
    unknown
  >
  return (
    typeof neuron === 'string' &&
    typeof text === 'string' &&
    typeof author === 'string' &&
    typeof status === 'string' &&
    (score === null || typeof score === 'number') &&
    (scoreKind === null || typeof scoreKind === 'string') &&
    (reason === undefined || typeof reason === 'string') &&
    (failedAnswers === undefined || Number.isSafeInteger(failedAnswers))
  )
}

function parseConcept(line: string, path: string, number: number): Concept {
  let problem = 'this is not JSON'
  try {
    const parsed = conceptSchema.safeParse(JSON.parse(line))
    if (parsed.success) return parsed.data
    problem = parsed.error.issues[0]?.message ?? problem
  } catch {
    // Told below.
  }
  throw new SnipError('bad-file', `${basename(path)}, line ${number}: ${problem}`, {
    remedy: 'Put the former file back, or explain the neurons again.',
  })
}
