import type { ChatReply, ChatRequest, CompletionReply, CompletionRequest } from '../language-model.ts'
import type { LlmEvidence } from '../llm-evidence.ts'
import type { Calibration } from './calibration.ts'

/** One question of a scorer, to a chat or to a server that scores the tokens of a prompt. */
export type ScoreRequest =
  | { readonly kind: 'chat'; readonly request: ChatRequest }
  | { readonly kind: 'completion'; readonly request: CompletionRequest }

export type ScoreReply =
  | { readonly kind: 'chat'; readonly reply: ChatReply }
  | { readonly kind: 'completion'; readonly reply: CompletionReply }
  | { readonly kind: 'failed'; readonly reason: string }

export interface ScoreSettings {
  readonly calibration: Calibration
  readonly seed: number
}

/** Score of a concept by a language model; null means not scoreable, and then `reason` says why: never 0 in its place. */
export interface LlmScore {
  readonly score: number | null
  readonly scoreKind: string
  readonly reason?: string
  /** What the concept predicts on each of the valid windows, in the order top then random; null where the scorer predicts no activations. */
  readonly simulated: readonly Float32Array[] | null
  /** Further numbers of the same replies. */
  readonly rSquared?: number | null
  readonly absoluteDeviationExplained?: number | null
}

/** How a concept is scored with a language model. Requests and replies stand in the same order; others send them. */
export interface LlmScorer {
  readonly id: string
  readonly name: string
  readonly citation: string
  /** What a server must have for it. */
  readonly needs: 'chat' | 'chat-logprobs' | 'completion-logprobs'
  requests(concept: string, evidence: LlmEvidence, settings: ScoreSettings): ScoreRequest[]
  score(evidence: LlmEvidence, replies: readonly ScoreReply[], settings: ScoreSettings): LlmScore
}

export function notScoreable(scoreKind: string, reason: string): LlmScore {
  return { score: null, scoreKind, reason, simulated: null }
}
