import type { Concept } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'

/** How many answers about a neuron were no concept: refusals, empty ones and the like. Neurons without one are left out. */
export type FailedAnswers = ReadonlyMap<NeuronId, number>

/** How neurons are asked about whose answer was no concept before. */
export interface AskedBefore {
  readonly failedAnswers?: FailedAnswers
  /** They are asked once more; else the answer that is kept counts. */
  readonly askAnew?: boolean
}

/** What lines of concepts tell of the answers of one explainer with one model. */
export function failedAnswersIn(concepts: readonly Concept[], explainer: string, author: string): FailedAnswers {
  const found = new Map<NeuronId, number>()
  for (const concept of concepts) {
    if (concept.explainer === explainer && concept.author === author) countIn(found, concept)
  }
  return found
}

/** Adds what a line tells: of several of a neuron the greatest counts. */
export function countIn(
  found: Map<NeuronId, number>,
  { neuron, failedAnswers }: Pick<Concept, 'neuron' | 'failedAnswers'>,
): void {
  if (failedAnswers !== undefined) found.set(neuron, Math.max(failedAnswers, found.get(neuron) ?? 0))
}

/** Number of the attempt at a neuron's sentence, from 1. It follows from what is recorded alone, so a resumed run asks the same. */
export function attemptAt(neuron: NeuronId, { failedAnswers, askAnew }: AskedBefore): number {
  const failed = failedAnswers?.get(neuron) ?? 0
  return askAnew === true ? failed + 1 : Math.max(1, failed)
}

/** What a failed line keeps of the answers before; nothing where there were none. */
export function failedAnswersOf(failed: number): Pick<Concept, 'failedAnswers'> {
  return failed === 0 ? {} : { failedAnswers: failed }
}
