import { SnipError } from '../../contract/failure.ts'
import type { Concept } from '../../contract/files.ts'
import { type Neuron, parseNeuron } from '../../contract/neuron.ts'
import type { Steps } from '../steps.ts'
import { describeRange, findNeuron, type NeuronSpace } from './neuron-space.ts'

/** Concepts that are looked at in one step. */
export const conceptsTogether = 5000

/** Concepts that can name neurons, by row. */
export interface UsableConcepts {
  /** Rows of the concept list, ascending. */
  readonly rows: number[]
  /** For each of `rows`, the flat index of its neuron in the ranked space. */
  readonly flats: number[]
  /** Concepts of the ranked sites that were left out because a person rejected them or explaining failed. */
  readonly leftOut: number
}

/**
 * The concepts of the ranked sites that stand: not rejected, not failed, with a text. Throws `bad-data` for a concept
 * whose neuron the model does not have. `whole` is the model's space, `ranked` its part with the ranked sites.
 */
export function* usableConcepts(
  concepts: readonly Concept[],
  whole: NeuronSpace,
  ranked: NeuronSpace,
): Steps<UsableConcepts> {
  const usable: UsableConcepts & { leftOut: number } = { rows: [], flats: [], leftOut: 0 }
  for (let row = 0; row < concepts.length; row++) {
    if (row % conceptsTogether === 0) yield
    const concept = concepts[row] as Concept
    const neuron = parseNeuron(concept.neuron)
    if (neuron === null || isMissing(neuron, whole)) {
      throw new SnipError(
        'bad-data',
        `Concept ${row + 1} names neuron ${concept.neuron}, which the model does not have` +
          (neuron === null ? '' : `: ${describeRange(whole, neuron)}`),
        { remedy: 'Use concepts that were made for this model.' },
      )
    }
    const flat = findNeuron(ranked, neuron)
    if (flat === null) continue
    if (concept.status === 'rejected' || concept.status === 'failed' || concept.text.trim() === '') {
      usable.leftOut += 1
      continue
    }
    usable.rows.push(row)
    usable.flats.push(flat)
  }
  return usable
}

/** One sentence on what was left out; none when nothing was. */
export function leftOutWarnings(leftOut: number): string[] {
  if (leftOut === 0) return []
  return [`${leftOut} ${leftOut === 1 ? 'concept was' : 'concepts were'} left out: rejected, failed or without a text`]
}

function isMissing(neuron: Neuron, whole: NeuronSpace): boolean {
  // A recording of one site may meet concepts of both: only a site that is here can be checked.
  return whole.sites.includes(neuron.site) && findNeuron(whole, neuron) === null
}
