import type { NeuronId } from '../../contract/neuron.ts'
import type { Steps } from '../steps.ts'
import { isBetter } from './better-sentence.ts'
import type { ConceptRow, ReviewOfRow } from './concept-row.ts'

/** Concepts that are looked at in one step: a few milliseconds. */
const rowsTogether = 2000

/** Concepts of a file as they stand side by side, several of one neuron. */
export interface SideBySide {
  /** One for each author of a neuron, in the order of the file. */
  readonly rows: readonly ConceptRow[]
  /** The one of each neuron that is in use: the best-scored, of equal ones the first. */
  readonly inUse: ReadonlyMap<NeuronId, ConceptRow>
  /** What a person said of one sentence of a neuron: of the one in use where somebody judged it, else of the last one. */
  readonly reviewed: ReadonlyMap<NeuronId, ConceptRow & { readonly review: ReviewOfRow }>
  /** How many of `rows` each author wrote, in the order in which they come first. */
  readonly authors: ReadonlyMap<string, number>
  /** Concepts that are left out: their author has another one of the same neuron that is scored better, or came before. */
  readonly repeated: number
}

/**
 * Which concepts of a file stand side by side: within one author the best-scored of a neuron, of equal ones the first. What a person judged
 * or wrote stays in any case.
 */
export function* sideBySide(given: readonly ConceptRow[]): Steps<SideBySide> {
  const kept: (ConceptRow | null)[] = []
  const places = new Map<NeuronId, Map<string, number>>()
  for (const [at, row] of given.entries()) {
    if (at % rowsTogether === 0) yield
    let ofNeuron = places.get(row.neuron)
    if (ofNeuron === undefined) places.set(row.neuron, (ofNeuron = new Map()))
    // A line break is in no name of an author that is one line.
    const key = row.review === undefined ? row.author : `${row.author}\n${row.text}`
    const known = ofNeuron.get(key)
    if (known === undefined || isBetter(row.score, kept[known]!.score)) {
      if (known !== undefined) kept[known] = null
      ofNeuron.set(key, kept.length)
      kept.push(row)
    } else kept.push(null)
  }
  const rows: ConceptRow[] = []
  const inUse = new Map<NeuronId, ConceptRow>()
  const reviewed = new Map<NeuronId, ConceptRow & { readonly review: ReviewOfRow }>()
  const authors = new Map<string, number>()
  for (const [at, row] of kept.entries()) {
    if (at % rowsTogether === 0) yield
    if (row === null) continue
    rows.push(row)
    authors.set(row.author, (authors.get(row.author) ?? 0) + 1)
    const { neuron, review } = row
    const best = inUse.get(neuron)
    if (best === undefined || isBetter(row.score, best.score)) inUse.set(neuron, row)
    if (review !== undefined) reviewed.set(neuron, { ...row, review })
  }
  let looked = 0
  for (const neuron of reviewed.keys()) {
    if (looked++ % rowsTogether === 0) yield
    const { review, ...row } = inUse.get(neuron)!
    if (review !== undefined) reviewed.set(neuron, { ...row, review })
  }
  return { rows, inUse, reviewed, authors, repeated: given.length - rows.length }
}
