import { z } from 'zod'
import { call, idSchema, nameSchema, nothing, oneLine } from './call.ts'

const modelNameSchema = z.string().overwrite(oneLine).trim().min(1).max(200)

/** What a server was seen to do; null where it was not tried. */
export const capabilitiesSchema = z.object({
  /** Log probabilities of the answer's tokens. */
  logprobs: z.boolean().nullable(),
  /** Completions that score the prompt's own tokens. */
  echo: z.boolean().nullable(),
  /** Width of the embedding model's vectors. */
  embeddingDimensions: z.number().int().nullable(),
  testedAt: z.number().nullable(),
})
export type Capabilities = z.infer<typeof capabilitiesSchema>

/** A server that speaks as OpenAI's does, and the models that are used of it; or, by a file URL, a model that runs here. */
export const providerDraftSchema = z.object({
  name: nameSchema,
  /** With its path, usually ending in /v1. */
  baseUrl: z.string().trim().min(1).max(2000),
  chatModel: modelNameSchema,
  embeddingModel: modelNameSchema.nullable(),
  /** Most requests under way at a time. */
  concurrency: z.number().int().min(1).max(256),
  /** Tokens that the chat model can hold, prompt and answer together; left out or null where nobody said. */
  contextTokens: z.number().int().min(256).max(100_000_000).nullable().optional(),
  /** A person agreed that http goes to a public address, readable on the way. */
  plainHttpAllowed: z.boolean(),
})
export type ProviderDraft = z.infer<typeof providerDraftSchema>

/**
 * What is known of a provider's key. `locked`: the keychain does not open; `garbage`: it holds something that is no key; `absent`:
 * none was set. Never the key.
 */
export const keyStateSchema = z.object({
  state: z.enum(['set', 'absent', 'locked', 'garbage']),
  /** The last four characters, only of keys of twelve or more. */
  lastFour: z.string().nullable(),
  /** Where it lies; null where none does. */
  where: z.enum(['keychain', 'session', 'environment']).nullable(),
  /** One sentence, where there is something to say. */
  note: z.string().nullable(),
})
export type KeyState = z.infer<typeof keyStateSchema>

export const providerSchema = providerDraftSchema.extend({
  id: idSchema,
  capabilities: capabilitiesSchema,
})
export type Provider = z.infer<typeof providerSchema>

/** A provider as settings show it. */
export const providerViewSchema = providerSchema.extend({
  /** `local-model`: a language model in a folder, which `baseUrl` names, run by our own engine; nothing is sent and there is no key. */
  kind: z.enum(['server', 'local-model']),
  host: z.string(),
  /** On this machine or in its own network. */
  local: z.boolean(),
  key: keyStateSchema,
  /** Why a local model cannot be used as things are, and what to do about it; left out where nothing is known to be wrong. */
  problem: z.object({ message: z.string(), remedy: z.string().optional() }).optional(),
})
export type ProviderView = z.infer<typeof providerViewSchema>

export const providerListSchema = z.object({
  providers: z.array(providerViewSchema),
  /** Nothing is sent. */
  offline: z.boolean(),
  /** Whether keys can be kept; otherwise they last as long as the program runs. */
  keychain: z.object({ available: z.boolean(), note: z.string().nullable() }),
  /** Why providers.json was not used; null when all was well. */
  warning: z.string().nullable(),
})
export type ProviderList = z.infer<typeof providerListSchema>

/** US dollars for a million tokens. `list`: a published price that came with the program; `own`: a person wrote it. */
export const priceSchema = z.object({
  model: modelNameSchema,
  inputPerMillion: z.number().min(0).max(100_000),
  outputPerMillion: z.number().min(0).max(100_000),
  origin: z.enum(['list', 'own']),
})
export type Price = z.infer<typeof priceSchema>

export const connectionProblemSchema = z.enum([
  'offline',
  'url',
  'network',
  'redirect',
  'not-compatible',
  'key',
  'quota',
  'model',
  'other',
])
export type ConnectionProblem = z.infer<typeof connectionProblemSchema>

export const connectionTestSchema = z.object({
  ok: z.boolean(),
  /** What is wrong; null when all is well. */
  problem: connectionProblemSchema.nullable(),
  /** One sentence. */
  message: z.string(),
  remedy: z.string().nullable(),
  /** Models that the server offers, at most 200; empty where it does not tell. */
  models: z.array(z.string()),
  capabilities: capabilitiesSchema,
  milliseconds: z.number(),
})
export type ConnectionTest = z.infer<typeof connectionTestSchema>

export const providersContract = {
  list: call.output(providerListSchema),
  /** A new provider (`id` null) or a change. A key stays with the address it was given for. Throws `bad-argument`. */
  save: call.input(providerDraftSchema.extend({ id: idSchema.nullable() })).output(providerViewSchema),
  /**
   * A language model in a granted folder or .onnx file, run by our own engine; it is opened first. Throws `bad-model` where there is none, or
   * it has no tokenizer or chat template, `unsupported-model` for one that does not continue texts, `exists` for one that was added before.
   */
  addLocalModel: call.input(z.object({ source: z.string(), name: nameSchema.nullable() })).output(providerViewSchema),
  /** Takes it away with its key. */
  remove: call.input(z.object({ id: idSchema })).output(nothing),
  /** Sets the key of a provider; no call gives it back. Without a keychain it lasts as long as the program runs. */
  setKey: call.input(z.object({ id: idSchema, key: z.string().min(1).max(4096) })).output(keyStateSchema),
  removeKey: call.input(z.object({ id: idSchema })).output(keyStateSchema),
  /** Sends a few short requests and says what is wrong. Remembers what the server can do. */
  test: call.input(z.object({ id: idSchema })).output(connectionTestSchema),
  prices: call.output(z.array(priceSchema)),
  setPrice: call.input(priceSchema.omit({ origin: true })).output(z.array(priceSchema)),
  /** Takes a person's price away; one that came with the program shows again. */
  removePrice: call.input(z.object({ model: modelNameSchema })).output(z.array(priceSchema)),
}
