import { SnipError } from '../../../contract/failure.ts'
import type { FoundNeurons } from '../../../contract/workbench/review.ts'
import { breathe } from '../breathe.ts'
import type { NeuronData, NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { foundNeurons } from './found-neurons.ts'
import { sentenceVectors, type SentenceEmbedder, type SentenceVectors } from './sentence-vectors.ts'

/** Sentences embedded in one call. */
const textsTogether = 4096
/** Sentences that what all have in common is estimated from: evenly spread over all of them, sorted. */
const mostReference = 4096
/** Numbers kept, 480 MB: what does not fit is not searched. */
const mostNumbers = 120_000_000

interface Kept {
  readonly key: string
  readonly reference: readonly string[]
  /** Row of each distinct sentence. */
  readonly rows: Map<string, number>
  readonly vectors: Float32Array[]
  dims: number
}

export interface MeaningRequest extends SentenceEmbedder {
  readonly text: string
  readonly count: number
}

/**
 * Concepts by meaning. Each distinct sentence is embedded once and kept as long as the recording and the embedder are in use; an
 * edited concept costs one more. All of them are embedded against the same reference, so that they may be compared.
 */
export class MeaningSearch {
  readonly #session: WorkbenchSession
  readonly #tables: NeuronTables
  #kept: Kept | null = null
  #tail: Promise<unknown> = Promise.resolve()

  constructor(session: WorkbenchSession, tables: NeuronTables) {
    this.#session = session
    this.#tables = tables
  }

  /**
   * The neurons whose concepts are nearest to a text, nearest first. Throws `bad-argument` when the text says nothing, or the embedder
   * lacks what it needs.
   */
  find(request: MeaningRequest, signal: AbortSignal): Promise<FoundNeurons> {
    // One after the other: a second search finds what the first has embedded.
    const result = this.#tail.then(() => this.#find(request, signal))
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #find(request: MeaningRequest, signal: AbortSignal) {
    const { text, count } = request
    const data = await this.#tables.data()
    const { texts } = data.concepts
    const way = await sentenceVectors(this.#session, data, request, signal)
    let kept: Kept
    let wanted: Float32Array | undefined
    try {
      kept = await this.#embedNew(data, way)
      wanted = (await way.embed([text], kept.reference))[0]
    } finally {
      way.close()
    }
    if (wanted === undefined || wanted.every((value) => value === 0)) {
      throw new SnipError('bad-argument', 'The text says nothing that concepts could be compared with', {
        remedy: 'Type a few words, for instance words about cooking.',
      })
    }
    const cosines = kept.vectors.map((vector) => product(vector, wanted))
    const values = new Float32Array(texts.length).fill(Number.NaN)
    let of = 0
    for (const [row, concept] of texts.entries()) {
      const at = concept === '' ? undefined : kept.rows.get(concept)
      if (at === undefined) continue
      of++
      values[row] = cosines[at]!
    }
    return { neurons: foundNeurons(data, values, count, () => null), of, tokens: null }
  }

  /** Embeds the sentences that are not kept yet. */
  async #embedNew({ evidence, concepts }: NeuronData, way: SentenceVectors): Promise<Kept> {
    const distinct = new Set(concepts.texts)
    distinct.delete('')
    if (distinct.size === 0) {
      throw new SnipError('not-found', 'No neuron has a concept yet', { remedy: 'Explain neurons first.' })
    }
    const key = JSON.stringify([evidence.folder, evidence.recording.modelHash, way.key])
    if (this.#kept?.key !== key) {
      const reference = evenly([...distinct].toSorted(), mostReference)
      this.#kept = { key, reference, rows: new Map(), vectors: [], dims: 0 }
    }
    const kept = this.#kept
    const missing = [...distinct].filter((text) => !kept.rows.has(text))
    for (let first = 0; first < missing.length; first += textsTogether) {
      if (kept.vectors.length * kept.dims > mostNumbers) break
      const some = missing.slice(first, first + textsTogether)
      const vectors = await way.embed(some, kept.reference)
      for (const [at, vector] of vectors.entries()) {
        kept.dims = vector.length
        kept.rows.set(some[at]!, kept.vectors.push(vector) - 1)
      }
      await breathe()
    }
    return kept
  }
}

function product(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}

/** So many of a list, evenly spread; all of them when there are fewer. */
function evenly<Value>(values: readonly Value[], most: number): Value[] {
  if (values.length <= most) return [...values]
  return Array.from({ length: most }, (_, at) => values[Math.floor((at * values.length) / most)]!)
}
