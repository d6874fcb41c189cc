import type { EvidenceWindow } from '../evidence.ts'
import type { ChatReply, ChatRequest } from '../language-model.ts'
import type { PromptRoom } from '../prompts/explain-prompt.ts'

/** What a reply says of a neuron: its sentence, or why there is none. A reason is never stored as a concept. */
export type ExplanationReading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string }

/** How a language model is asked to name a neuron. It makes the request and reads the reply; others send it. */
export interface LlmExplainer {
  readonly id: string
  readonly name: string
  readonly citation: string
  /** The question for one neuron, from the windows that explain it (`EvidenceSplit.train`), best first; `room` where the model's context is known. */
  request(train: readonly EvidenceWindow[], sampling: ExplainSampling, room?: PromptRoom | null): ChatRequest
  read(reply: ChatReply): ExplanationReading
}

/** How an explanation is drawn. */
export interface ExplainSampling {
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  readonly seed: number | null
}

/** As released by OpenAI: 60 tokens, drawn at temperature 1. */
export const releasedSampling: ExplainSampling = { maxTokens: 60, temperature: 1, topP: 1, seed: null }

/** Sequences that explain a neuron. */
export const explainedRecords = 5
