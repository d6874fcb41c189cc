import { importedBy } from '../exchange/import-concepts.ts'

/** A concept as it stands, and who it is from. */
export interface UnsimulatedConcept {
  /** The person who wrote it; null for an explainer's sentence. */
  readonly editor: string | null
  /** Id of the explainer, or of what else brought the sentence. */
  readonly explainer: string
  readonly author: string
  readonly scoreKind: string | null
  /** Why it has no score. */
  readonly reason: string | null
}

/** Why no language model's simulation of a concept is kept, in one sentence. */
export function noSimulationWords({ editor, explainer, author, scoreKind, reason }: UnsimulatedConcept): string {
  if (editor !== null) return `${editor} wrote this sentence: no language model simulated it.`
  if (explainer === importedBy) return `Imported from ${author}: files of others bring no simulated activations.`
  if (explainer === 'lexical') return 'The lexical explainer wrote this sentence: no language model simulated it.'
  if (scoreKind === null) return `${author} wrote this sentence, and it was not scored.`
  const judge = /detection|fuzzing/.exec(scoreKind)?.[0]
  if (judge !== undefined) return `Scored by ${judge}, which judges whole texts: it simulates no activations.`
  if (reason !== null) return `The simulation by ${author} gave no activations: ${reason}.`
  return `The simulation by ${author} was not kept: explain the neuron again to see it.`
}
