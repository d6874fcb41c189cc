import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { rankingHeaderSchema, type RankingHeader } from '../../../contract/files.ts'
import { countNeurons, flatIndexOf, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { fileError } from '../../files/write-aside.ts'

/** A ranking in memory: flat indices of the model's neurons, best candidate first, and their scores. */
export interface LoadedRanking {
  readonly header: RankingHeader
  readonly flats: Uint32Array
  readonly scores: Float64Array
}

const lineSchema = z.object({ neuron: z.string(), score: z.number(), rank: z.number() })

/**
 * Reads a ranking.jsonl line by line, leaving the main loop free in between. Throws `not-found` for a missing file,
 * `bad-file` for a damaged one, `bad-data` when it names a neuron that the model does not have.
 */
export async function loadRanking(path: string, space: NeuronSpace): Promise<LoadedRanking> {
  const name = basename(path)
  const flatOf = flatIndexOf(space)
  const seen = new Uint8Array(countNeurons(space))
  const flats = new Uint32Array(seen.length)
  const scores = new Float64Array(seen.length)
  let header: RankingHeader | null = null
  let ranked = 0
  let number = 0
  const stream = createReadStream(path, { encoding: 'utf8' })
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      number++
      if (line.trim() === '') continue
      const json = readLine(line, name, number)
      if (header === null) {
        header = parseOr(rankingHeaderSchema, json, name, number)
        continue
      }
      const { neuron, score, rank } = isRankedLine(json) ? json : parseOr(lineSchema, json, name, number)
      const flat = flatOf(neuron)
      if (flat === null) {
        throw new SnipError('bad-data', `${name} ranks neuron ${neuron}, which the model does not have`, {
          remedy: 'Rank again with this model.',
        })
      }
      if (rank !== ranked + 1 || seen[flat] === 1) throw damaged(name, number, 'ranks count from 1, each neuron once')
      seen[flat] = 1
      flats[ranked] = flat
      scores[ranked++] = score
    }
  } catch (error) {
    throw fileError(error, path, 'read')
  } finally {
    stream.destroy()
  }
  if (header === null) throw damaged(name, 1, 'the file is empty')
  return { header, flats: flats.slice(0, ranked), scores: scores.slice(0, ranked) }
}

/** The usual line without the cost of a schema: there may be hundreds of thousands. */
function isRankedLine(json: unknown): json is z.infer<typeof lineSchema> {
  if (typeof json !== 'object' || json === null) return false
  const { neuron, score, rank } = json as Record<string, unknown>
  return typeof neuron === 'string' && typeof score === 'number' && typeof rank === 'number'
}

function readLine(line: string, name: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw damaged(name, number, 'this is not JSON')
  }
}

function parseOr<S extends z.ZodType>(schema: S, json: unknown, name: string, number: number): z.output<S> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw damaged(name, number, parsed.error.issues[0]?.message ?? 'not a line of a ranking')
}

function damaged(name: string, line: number, why: string): SnipError {
  return new SnipError('bad-file', `${name}, line ${line}: ${why}`, { remedy: 'Make the ranking again.' })
}
