import type { Message } from './prompts/prompt.ts'

/** One question to a chat model. */
export interface ChatRequest {
  readonly messages: readonly Message[]
  readonly maxTokens: number
  readonly temperature: number
  readonly topP: number
  /** Passed on where the server takes one; null leaves it out. */
  readonly seed: number | null
  /** How many of the likeliest tokens are wanted at each place of the answer; null for none. */
  readonly topLogprobs: number | null
  /** From 2 on where the same was asked before and is asked anew: another question to whoever keeps answers, and never sent. */
  readonly attempt?: number
}

/** A token of an answer (U+FFFD where it is part of a character) with the likeliest tokens that could have stood in its place, natural logarithms. */
export interface TokenLogprobs {
  readonly token: string
  readonly top: readonly { readonly token: string; readonly logprob: number }[]
}

/** What a server says that a request cost; null where it says nothing. */
export interface TokenUsage {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** The answer of a chat model. `length`: cut off at the most tokens; `refused`: the server or the model declined. */
export interface ChatReply {
  readonly text: string
  readonly finish: 'stop' | 'length' | 'refused' | 'other'
  readonly logprobs: readonly TokenLogprobs[] | null
  readonly usage: TokenUsage | null
  readonly model: string
}

/** A prompt whose own tokens are scored (`echo`), for servers that still have it. */
export interface CompletionRequest {
  readonly prompt: string
  readonly maxTokens: number
  readonly echo: boolean
  readonly topLogprobs: number
}

/** Tokens of the prompt, then of the answer, each with the place at which it begins by the server's own count, of bytes or whatever it counts. */
export interface CompletionReply {
  readonly tokens: readonly (TokenLogprobs & { readonly offset: number })[]
  readonly usage: TokenUsage | null
  readonly model: string
}

/** A language model that answers, wherever it runs. Throws `SnipError`s; an aborted signal ends in `cancelled`. */
export interface LanguageModel {
  readonly id: string
  chat(request: ChatRequest, signal: AbortSignal): Promise<ChatReply>
  /** Null where the server cannot score the tokens of a prompt. */
  readonly complete: ((request: CompletionRequest, signal: AbortSignal) => Promise<CompletionReply>) | null
}

/** A model that turns sentences into vectors, one row each. */
export interface Embeddings {
  readonly id: string
  embed(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>
}
