import { isBetter } from '../../../core/exchange/better-sentence.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { ConceptFile } from '../neurons/concept-file.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'
import { handleOfRecorded } from '../neurons/recorded-windows.ts'
import type { WorkbenchSession } from '../session/session.ts'

/** The embedder of the workbench. */
export const embedder = 'subject-sif'

/** One sentence about a neuron and whose it is. */
export interface Sentence {
  readonly text: string
  readonly author: string
  readonly score: number | null
  readonly at: number
}

/** Places of a file by row: the first of each, and for each place the next one of its row; -1 where there is none. */
interface Places {
  readonly first: ReadonlyMap<number, number>
  readonly next: Int32Array
}

/** All that explainers and people wrote about neurons. */
export class Sentences {
  readonly #places = new WeakMap<ConceptFile, Places>()

  /** What explainers wrote about a row, oldest first, of sentences that came together the one that is in use last; failures are left out. */
  ofExplainers({ concepts }: Pick<NeuronData, 'concepts'>, row: number): Sentence[] {
    const sentences: Sentence[] = []
    for (const { file, at } of concepts.explanations) {
      const together: Sentence[] = []
      const { first, next } = this.#placesOf(file)
      for (let place = first.get(row) ?? -1; place >= 0; place = next[place]!) {
        if (file.failed[place] === 1 || file.texts[place] === '') continue
        const score = file.scores[place]!
        together.push({
          text: file.texts[place]!,
          author: file.authors[place]!,
          score: Number.isNaN(score) ? null : score,
          at,
        })
      }
      // Of equal ones the first in the file is in use.
      together.reverse()
      sentences.push(
        ...together.toSorted((a, b) => (isBetter(a.score, b.score) ? 1 : isBetter(b.score, a.score) ? -1 : 0)),
      )
    }
    return sentences
  }

  /** The latest two sentences about a row that different authors wrote, a person's before any; null when there are none. */
  latestTwo(data: NeuronData, row: number): readonly [string, string] | null {
    const sentences = this.ofExplainers(data, row)
    const edit = data.workspace.store.get('concept-edit', data.evidence.neuronAt(row))
    if (edit !== null) sentences.push({ text: edit.text, author: edit.author, score: null, at: edit.at ?? 0 })
    const newest = sentences.at(-1)
    const other = sentences.findLast(({ author }) => author !== newest?.author)
    return newest === undefined || other === undefined ? null : [newest.text, other.text]
  }

  #placesOf(file: ConceptFile): Places {
    let places = this.#places.get(file)
    if (places === undefined) {
      const first = new Map<number, number>()
      const next = new Int32Array(file.rows.length)
      for (let place = file.rows.length - 1; place >= 0; place--) {
        const row = file.rows[place]!
        next[place] = first.get(row) ?? -1
        first.set(row, place)
      }
      places = { first, next }
      this.#places.set(file, places)
    }
    return places
  }
}

/** Cosine of each pair of sentences in the workbench's embedding; NaN where one of them says nothing. */
export async function pairCosines(
  session: WorkbenchSession,
  { evidence }: NeuronData,
  pairs: readonly (readonly [string, string])[],
  signal: AbortSignal,
): Promise<number[]> {
  if (pairs.length === 0) return []
  const texts = [...new Set(pairs.flat())]
  const rows = new Map(texts.map((text, row) => [text, row]))
  const handle = await handleOfRecorded(session, evidence.recording, signal)
  const { dimensions, vectors } = await session.workbench.engine.client.embed(
    { handle, embedder, texts, recording: evidence.folder },
    { signal },
  )
  const all = decodeFloat32(vectors)
  return pairs.map(([a, b]) => cosineOf(all, dimensions, rows.get(a)!, rows.get(b)!))
}

/** Product of two rows of length 1; NaN when one is zero. */
function cosineOf(vectors: Float32Array, dims: number, a: number, b: number): number {
  let sum = 0
  let ofA = 0
  let ofB = 0
  for (let k = 0; k < dims; k++) {
    const x = vectors[a * dims + k]!
    const y = vectors[b * dims + k]!
    sum += x * y
    ofA += x * x
    ofB += y * y
  }
  return ofA === 0 || ofB === 0 ? Number.NaN : sum
}
