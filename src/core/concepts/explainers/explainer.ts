import type { z } from 'zod'
import type { Concept } from '../../../contract/files.ts'
import type { NeuronEvidence } from '../evidence.ts'
import type { WindowTagger } from '../features/window-tagger.ts'
import type { Description } from '../grammar/description.ts'
import type { SentenceScore } from '../scorers/score-sentence.ts'

/** What an explainer says of a neuron. */
export interface Explanation extends SentenceScore {
  readonly neuron: string
  /** The sentence. */
  readonly text: string
  readonly description: Description
}

/** A way to name what a neuron fires on. */
export interface Explainer<Parameters> {
  readonly id: string
  readonly name: string
  readonly citation: string
  readonly parameters: z.ZodType<Parameters>
  readonly presets: Readonly<Record<string, Parameters>>
  /** Pure; the tagger only remembers windows it has seen, which changes no result. */
  run(evidence: NeuronEvidence, parameters: Parameters, tagger: WindowTagger): Explanation
}

/** The explanation as a line of concepts.jsonl. */
export function conceptOf(explanation: Explanation, explainer: { readonly id: string }): Concept {
  return {
    neuron: explanation.neuron,
    text: explanation.text,
    author: explainer.id,
    explainer: explainer.id,
    score: explanation.score,
    scoreKind: explanation.scoreKind,
    ...(explanation.reason === undefined ? {} : { reason: explanation.reason }),
    status: 'suggested',
  }
}
