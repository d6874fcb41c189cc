import type { ConceptRating } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { ChatReply, ChatRequest } from '../language-model.ts'
import { ratePrompt, renderRatePrompt } from '../prompts/rate-prompt.ts'
import { readRatings } from '../replies/read-ratings.ts'

/** A neuron's concept to be rated. */
export interface RatedConcept {
  readonly neuron: NeuronId
  readonly text: string
}

/** Tokens of one line of the answer. */
const lineTokens = 8

/** One batch of concepts in one question. */
export function rateRequest(samples: readonly string[], concepts: readonly RatedConcept[], seed: number): ChatRequest {
  const { messages } = renderRatePrompt(
    samples,
    concepts.map(({ text }) => text),
  )
  const maxTokens = lineTokens * concepts.length + 50
  return { messages, maxTokens, temperature: 0, topP: 1, seed, topLogprobs: null }
}

/** The rating of every concept of a batch, or why it has none. */
export function readRates(reply: ChatReply, concepts: readonly RatedConcept[], rater: string): ConceptRating[] {
  const ratings = readRatings(reply, concepts.length, ratePrompt.largest)
  return concepts.map(({ neuron, text }, i) => {
    const { value, reason } = ratings[i]!
    return { neuron, rating: value, rater, ...(reason === undefined ? {} : { reason }), text }
  })
}
