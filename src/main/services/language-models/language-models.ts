import type {
  ChatRequest,
  CompletionRequest,
  Embeddings,
  LanguageModel,
} from '../../../core/concepts/language-model.ts'
import type { AnswerAmount, KeptAnswers } from '../../../contract/workbench/answers.ts'
import type { LedgerPage } from '../../../contract/workbench/ledger.ts'
import type {
  ConnectionTest,
  KeyState,
  Price,
  Provider,
  ProviderDraft,
  ProviderList,
  ProviderView,
} from '../../../contract/workbench/providers.ts'

/** What a piece of work may spend, on all its requests together; null for no cap. Money is in US dollars. */
export interface Budget {
  readonly maxCost: number | null
  /** Of prompts and answers together. */
  readonly maxTokens: number | null
}

/** How a model is used by one piece of work. */
export interface ModelUse {
  /** A few words for the ledger: 'explaining neurons'. */
  readonly purpose: string
  /** What this folder's work may spend in all, before and after it is resumed. Throws `budget` instead of a request over it. */
  readonly budget: Budget | null
  /**
   * Folder of the job, which exists: every answer is written there before it is used, and never asked for again. Models opened
   * with the same folder share its journal and its budget. Null keeps no journal.
   */
  readonly journalFolder: string | null
  /** Aborts everything that this use has under way. */
  readonly signal?: AbortSignal
  /** Hears, as one sentence, that a server takes more than it was asked to. */
  readonly warn?: (sentence: string) => void
}

/** What a use has cost so far, as far as it was written down, resumed work included. */
export interface Spending {
  /** Requests that a server answered. */
  readonly calls: number
  readonly promptTokens: number
  readonly completionTokens: number
  /** US dollars; null where a price is not known. */
  readonly cost: number | null
  /** Answers that were there already: in the journal, in the cache, or under way. */
  readonly reused: number
}

/** A chat model of a provider. `close` it at the end: the journal is synced and let go. */
export interface OpenLanguageModel extends LanguageModel {
  /** The provider as it was opened; its capabilities say whether log probabilities are there. */
  readonly provider: Provider
  /** Whether this request would be answered without being sent. */
  isAnswered(request: ChatRequest): boolean
  spending(): Spending
  close(): void
}

/** An embedding model of a provider. Vectors are kept on disk by text and model. */
export interface OpenEmbeddings extends Embeddings {
  readonly provider: Provider
  /** Address and model: tells its vectors from those of any other. */
  readonly key: string
  readonly kept: KeptVectors
  /** What names the vector of a text among those that are kept. */
  hashOf(text: string): string
  spending(): Spending
  close(): void
}

/** Vectors on the disk, by the hash of their text. */
export interface KeptVectors {
  has(hash: string): boolean
  /** One after the other. Each must be there. */
  read(hashes: readonly string[]): Float32Array
}

/** Requests to be counted: chats, prompts to be scored, or texts to be embedded. */
export type CountedRequest =
  | { readonly kind: 'chat'; readonly request: ChatRequest }
  | { readonly kind: 'completion'; readonly request: CompletionRequest }
  | { readonly kind: 'embedding'; readonly text: string }

/** What requests will take. Tokens of prompts are counted; answers are at most as long as they were asked to be. */
export interface Estimate {
  readonly host: string
  readonly model: string
  /** Requests that would be sent. */
  readonly calls: number
  /** Requests that are answered already. */
  readonly answered: number
  readonly promptTokens: number
  readonly mostCompletionTokens: number
  /** How tokens were counted, and whether that is this model's own way. */
  readonly tokenizer: { readonly name: string; readonly exact: boolean }
  /** US dollars at most; null where no price is known. */
  readonly mostCost: number | null
  readonly price: Price | null
  /** From the ledger's last answers of this model; null where there are none. */
  readonly seconds: number | null
}

export interface EstimateOptions {
  /** As in `ModelUse`: what is answered there is not counted. */
  readonly journalFolder?: string | null
  /** At the price of the Batch interface, whose time nobody knows. */
  readonly inBatches?: boolean
  readonly signal?: AbortSignal
}

/** How a set of requests fared in the Batch interface. Answers are in the journal: `chat` finds them there. */
export interface BatchOutcome {
  readonly answered: number
  readonly failed: readonly { readonly hash: string; readonly reason: string }[]
  readonly batches: readonly string[]
  /** Files with requests or answers that the server did not delete; tried again when this folder's batches go on. */
  readonly leftFiles: number
}

export interface BatchTask {
  readonly signal: AbortSignal
  report(progress: { readonly done: number; readonly total: number; readonly batch: string }): void
  /** Whether what the signal has ended goes on by itself later, so that batches are not to be cancelled. */
  goesOnLater(): boolean
  /** Hears, as sentences, what stays at the server when this ends before its batches do. */
  say(sentence: string): void
}

/**
 * Language models of servers, and those in folders that our own engine runs (their `baseUrl` is a file URL): which there are, their keys,
 * and the only way in which the program sends anything out.
 */
export interface LanguageModels {
  list(): Promise<ProviderList>
  /** All providers, without asking the keychain. */
  known(): readonly Provider[]
  /** Throws `not-found`. */
  provider(id: string): Provider
  /** Throws `bad-argument` for an address that is none, or is plain http to a public host without consent. */
  save(draft: ProviderDraft & { readonly id: string | null }): Promise<ProviderView>
  remove(id: string): Promise<void>
  /** A provider for as long as this object lives, as the command line names one; returns its id. Throws `bad-argument`. */
  addTransient(draft: ProviderDraft): string

  /** Throws `bad-argument` for something that cannot be a key. */
  setKey(id: string, key: string): Promise<KeyState>
  removeKey(id: string): Promise<KeyState>

  /** Never throws for what is wrong with the connection: that is its result. */
  test(id: string, signal?: AbortSignal): Promise<ConnectionTest>

  /** Sends nothing. Throws `not-found`, `llm-key` for a keychain that does not open, `budget` for a cap in money without a price. */
  open(providerId: string, use: ModelUse): Promise<OpenLanguageModel>
  /** The same; also throws `bad-argument` for a provider without an embedding model. */
  openEmbeddings(providerId: string, use: ModelUse): Promise<OpenEmbeddings>
  /** Sends nothing. Throws `unsupported-model` for batches of a model that runs here. */
  estimate(
    providerId: string,
    requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
    options?: EstimateOptions,
  ): Promise<Estimate>
  /**
   * Has chats answered through the Batch interface, for half the price and within a day, into the journal of `use`. Resumes batches that
   * were handed in before. Throws `unsupported-model` for a server without it.
   */
  answerInBatches(
    providerId: string,
    requests: readonly ChatRequest[],
    use: ModelUse & { readonly journalFolder: string },
    task: BatchTask,
  ): Promise<BatchOutcome>

  /** What is kept of answers for all workspaces, counted anew. */
  answers(): Promise<KeptAnswers>
  /** Deletes them all. Throws `busy`, naming it, while a language model is at work in this process; jobs keep what is in their journals. */
  clearAnswers(): Promise<AnswerAmount>
  /** Takes another limit in bytes, beyond which the oldest answers go. Throws `disk-full` and the like. */
  limitAnswers(limitBytes: number): Promise<KeptAnswers>

  prices(): readonly Price[]
  setPrice(price: Omit<Price, 'origin'>): readonly Price[]
  removePrice(model: string): readonly Price[]

  ledger(limit: number): Promise<LedgerPage>
  /** Writes all of it as a new file below the data folder. Throws `disk-full` and the like. */
  exportLedger(format: 'jsonl' | 'csv'): Promise<{ readonly path: string; readonly entries: number }>

  dispose(): Promise<void>
}
