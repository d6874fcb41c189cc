import type { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { type RankedNeuron, type Ranking, rankedNeuronSchema, rankingHeaderSchema } from '../../contract/files.ts'

/** Lines that are written in one step. */
const linesTogether = 5000

/** The text of a ranking.jsonl: the header, then one neuron per line, each line ended by LF. */
export function serialiseRanking(ranking: Ranking): string {
  return [...rankingTexts(ranking)].join('')
}

/** The same in pieces that follow one another, of thousands of lines each. */
export function* rankingTexts({ header, neurons }: Ranking): Generator<string> {
  yield `${JSON.stringify(header)}\n`
  for (let first = 0; first < neurons.length; first += linesTogether) {
    const lines = neurons.slice(first, first + linesTogether)
    yield lines.map(({ neuron, score, rank }) => `${JSON.stringify({ neuron, score, rank })}\n`).join('')
  }
}

/**
 * Reads a ranking.jsonl. Strict: ranks count from 1 without gaps, no neuron stands twice, scores never rise. Throws
 * `bad-file` with `where` (a file name) and the line number, from 1.
 */
export function parseRanking(text: string, where: string): Ranking {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  while (lines.length > 0 && lines.at(-1)?.trim() === '') lines.pop()
  if (lines.length === 0) {
    throw new SnipError('bad-file', `${where} is empty`, { remedy: 'Give the file that snip rank wrote.' })
  }
  const header = parseLine(lines[0] as string, rankingHeaderSchema, where, 1)
  const neurons: RankedNeuron[] = []
  const seen = new Set<string>()
  for (let at = 1; at < lines.length; at++) {
    const row = parseLine(lines[at] as string, rankedNeuronSchema, where, at + 1)
    if (row.rank !== at) refuse(where, at + 1, `rank ${row.rank} stands where rank ${at} belongs`)
    if (seen.has(row.neuron)) refuse(where, at + 1, `neuron ${row.neuron} stands twice`)
    const above = neurons.at(-1)
    if (above !== undefined && row.score > above.score)
      refuse(where, at + 1, 'the score is above that of the rank before')
    seen.add(row.neuron)
    neurons.push(row)
  }
  if (neurons.length > header.neuronCount) {
    refuse(where, 1, `neuronCount is ${header.neuronCount}, but ${neurons.length} neurons follow`)
  }
  return { header, neurons }
}

function parseLine<S extends z.ZodType>(line: string, schema: S, where: string, number: number): z.output<S> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return refuse(where, number, 'this is not JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue?.path.join('.') ?? ''
  return refuse(where, number, `${path === '' ? '' : `${path}: `}${issue?.message ?? 'not a line of a ranking'}`)
}

function refuse(where: string, line: number, why: string): never {
  throw new SnipError('bad-file', `${where}, line ${line}: ${why}`, { remedy: 'Make the ranking again.' })
}
