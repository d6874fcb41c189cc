import { z } from 'zod'
import { heldOutWindows, splitEvidence, type NeuronEvidence } from '../evidence.ts'
import type { WindowTagger } from '../features/window-tagger.ts'
import { renderDescription } from '../grammar/render.ts'
import { scoreSentence } from '../scorers/score-sentence.ts'
import type { Explainer, Explanation } from './explainer.ts'
import { fitDescription } from './lexical/fit.ts'
import { prepareFit } from './lexical/fit-data.ts'

const parameters = z.object({
  /** Most clauses of a sentence. */
  maxClauses: z.number().int().min(1).max(8).default(3),
  /** Rise of the correlation on the fitted windows that a further clause must bring. */
  minRise: z.number().min(0).max(1).default(0.02),
  /** Correlation on the fitted windows below which the sentence claims nothing. */
  minCorrelation: z.number().min(0).max(1).default(0.1),
})

export type LexicalParameters = z.infer<typeof parameters>

/**
 * Names a neuron by word classes, words, endings, punctuation, code and position, without a language model. The
 * sentence is fitted on the train and calibration windows and scored on the valid and test windows, by Pearson
 * correlation of its own simulation.
 */
export const lexicalExplainer: Explainer<LexicalParameters> = {
  id: 'lexical',
  name: 'Lexical patterns',
  citation: 'Splits and pooled score as in Bills et al. 2023, Language models can explain neurons in language models',
  parameters,
  presets: { corrected: parameters.parse({}) },
  run: explainLexically,
}

function explainLexically(evidence: NeuronEvidence, limits: LexicalParameters, tagger: WindowTagger): Explanation {
  const split = splitEvidence(evidence)
  const description = fitDescription(prepareFit(split, tagger), limits, tagger)
  const text = renderDescription(description)
  return { neuron: evidence.neuron, text, description, ...scoreSentence(text, heldOutWindows(split), tagger) }
}
