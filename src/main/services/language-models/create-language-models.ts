import { join, resolve } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { ConnectionTest, Price, Provider, ProviderView } from '../../../contract/workbench/providers.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError, writeAside } from '../../files/write-aside.ts'
import { AnswerDesk } from './answers/answer-desk.ts'
import { Journal } from './answers/journal.ts'
import { ReplyCache } from './answers/reply-cache.ts'
import { requestHash } from './answers/request-hash.ts'
import { VectorStore } from './answers/vector-store.ts'
import { runBatches } from './batches/run-batches.ts'
import { BudgetMeter, unpriced } from './budget/budget-meter.ts'
import { countRequests } from './budget/estimate.ts'
import { loadTokenCounter, type TokenCounter } from './budget/token-counter.ts'
import { Lanes } from './client/lanes.ts'
import { ProviderClient, type Patience } from './client/provider-client.ts'
import type { Models } from '../models/models.ts'
import { systemClock, type Clock } from './clock.ts'
import { testConnection } from './connection-test.ts'
import type { CountedRequest, LanguageModels, ModelUse } from './language-models.ts'
import { Ledger } from './ledger/ledger.ts'
import { ledgerCsv, ledgerJsonl } from './ledger/ledger-file.ts'
import { isLocalModel, localHost, localModelOf } from './local/local-provider.ts'
import { LocalRequests } from './local/local-requests.ts'
import { countLocally, testLocally } from './local/look-at-local-model.ts'
import { openLocalModel } from './local/open-local-model.ts'
import { openEmbeddings } from './open-embeddings.ts'
import { openModel, type ModelParts } from './open-model.ts'
import { costOf, PriceTable } from './providers/price-table.ts'
import { ProviderStore } from './providers/provider-store.ts'
import { readProviderUrl } from './providers/provider-url.ts'
import { KeychainSecrets } from './secrets/keychain-secrets.ts'
import { KeptAccounts } from './secrets/kept-accounts.ts'
import { ProviderKeys } from './secrets/provider-keys.ts'
import type { SecretStore } from './secrets/secret-store.ts'

export interface LanguageModelsOptions {
  /** Where providers.json, prices.json and the ledger lie. */
  readonly dataFolder: string
  /** Where answers and vectors are kept for all workspaces. */
  readonly cacheFolder: string
  /** Whether nothing may be sent, asked before every request. */
  readonly offline: () => boolean
  /** Keys in environment variables, as the command line takes them; none when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Runs language models that lie in folders; without it there are none. */
  readonly models?: Models
  /** Where keys are kept; the system's keychain when left out. */
  readonly secrets?: SecretStore
  readonly log?: (line: string) => void
  /** Hears what changed. */
  readonly changed?: (topic: 'providers' | 'ledger') => void
  readonly clock?: Clock
  /** How requests leave; the system's fetch when left out. */
  readonly fetch?: typeof fetch
  /** Most attempts at one request, longest silence before an answer begins and within it, in milliseconds. */
  readonly patience?: Partial<Patience>
}

/** Local models may think for minutes before they begin. */
const usualPatience: Patience = { attempts: 6, answerMs: 300_000, silenceMs: 60_000 }
/** OpenAI's own server takes batches for half the price. */
const halfPriceHost = 'api.openai.com'

/** Puts the services of language models together. Nothing is sent, and no keychain is asked, before it is needed. */
export function createLanguageModels(options: LanguageModelsOptions): LanguageModels {
  return new LiveLanguageModels(options)
}

class LiveLanguageModels implements LanguageModels {
  readonly #options: LanguageModelsOptions
  readonly #clock: Clock
  readonly #providers: ProviderStore
  readonly #prices: PriceTable
  readonly #keys: ProviderKeys
  readonly #ledger: Ledger
  readonly #desk: AnswerDesk
  readonly #lanes = new Map<string, Lanes>()
  readonly #counters = new Map<string, Promise<TokenCounter>>()
  readonly #journals = new Map<string, { readonly journal: Journal; users: number }>()
  readonly #vectors = new Map<string, VectorStore>()

  constructor(options: LanguageModelsOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#providers = new ProviderStore(options.dataFolder)
    this.#prices = new PriceTable(options.dataFolder)
    this.#keys = new ProviderKeys(
      options.secrets ?? new KeychainSecrets(),
      new KeptAccounts(options.dataFolder),
      options.environment ?? {},
    )
    const ledgerFolder = join(options.dataFolder, 'ledger')
    this.#ledger = new Ledger(ledgerFolder, this.#clock, () => this.#changed('ledger'), options.log ?? (() => {}))
    this.#desk = new AnswerDesk(new ReplyCache(join(options.cacheFolder, 'answers')))
  }

  async list() {
    const providers = await Promise.all(this.#providers.list().map((provider) => this.#view(provider)))
    const keychain = await this.#keys.keychain()
    return { providers, offline: this.#options.offline(), keychain, warning: this.#providers.warning }
  }

  known(): readonly Provider[] {
    return this.#providers.list()
  }

  provider(id: string): Provider {
    return this.#providers.get(id)
  }

  async save(draft: Parameters<LanguageModels['save']>[0]): Promise<ProviderView> {
    const provider = this.#providers.save(draft)
    const lanes = this.#lanes.get(provider.id)
    if (lanes) lanes.most = provider.concurrency
    this.#changed('providers')
    return this.#view(provider)
  }

  async remove(id: string): Promise<void> {
    const provider = this.#providers.get(id)
    if (!isLocalModel(provider)) await this.#keys.remove(provider)
    this.#providers.remove(id)
    this.#lanes.delete(id)
    this.#changed('providers')
  }

  addTransient(draft: Parameters<LanguageModels['addTransient']>[0]): string {
    return this.#providers.addTransient(draft).id
  }

  async setKey(id: string, key: string) {
    const provider = this.#providers.get(id)
    if (isLocalModel(provider)) {
      throw new SnipError('bad-argument', `${provider.name} runs here and needs no key`, { remedy: 'Set none.' })
    }
    const state = await this.#keys.set(provider, key)
    this.#changed('providers')
    return state
  }

  async removeKey(id: string) {
    const state = await this.#keys.remove(this.#providers.get(id))
    this.#changed('providers')
    return state
  }

  async test(id: string, signal = new AbortController().signal): Promise<ConnectionTest> {
    const provider = this.#providers.get(id)
    if (isLocalModel(provider)) {
      const result = await testLocally(() => this.#requestsOf(provider), provider.chatModel, this.#clock, signal)
      if (result.ok) this.#providers.keepCapabilities(id, result.capabilities)
      return result
    }
    let client: ProviderClient
    try {
      client = await this.#client(provider)
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'llm-key') throw error
      const { message, remedy = null } = error
      const { capabilities } = provider
      return { ok: false, problem: 'key', message, remedy, models: [], capabilities, milliseconds: 0 }
    }
    const priceOf = (model: string) => this.#prices.of(model, client.address)
    const result = await testConnection(provider, client, priceOf, this.#clock, signal)
    if (result.capabilities.testedAt !== null) {
      this.#providers.keepCapabilities(id, result.capabilities)
      this.#changed('providers')
    }
    return result
  }

  async open(providerId: string, use: ModelUse) {
    const provider = this.#providers.get(providerId)
    if (isLocalModel(provider)) return this.#openLocal(provider, use)
    return openModel(await this.#parts(provider, provider.chatModel, use))
  }

  async openEmbeddings(providerId: string, use: ModelUse) {
    const provider = this.#providers.get(providerId)
    const model = embeddingModelOf(provider)
    const parts = await this.#parts(provider, model, use)
    return openEmbeddings({ ...parts, vectors: this.#vectorsOf(parts.client.address.baseUrl, model) })
  }

  async estimate(
    providerId: string,
    requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
    { journalFolder = null, signal = new AbortController().signal }: Parameters<LanguageModels['estimate']>[2] = {},
  ) {
    const provider = this.#providers.get(providerId)
    if (isLocalModel(provider)) return this.#estimateLocally(provider, requests, journalFolder, signal)
    const address = readProviderUrl(provider.baseUrl, true)
    const held = journalFolder === null ? null : this.#hold(journalFolder, provider)
    try {
      let embeds = false
      const modelOf = ({ kind }: CountedRequest) => {
        if (kind === 'embedding') embeds = true
        return kind === 'embedding' ? embeddingModelOf(provider) : provider.chatModel
      }
      const counter = await this.#counter(provider.chatModel)
      const counted = await countRequests(
        requests,
        counter,
        (one) =>
          requestHash(address.baseUrl, modelOf(one), one.kind, one.kind === 'embedding' ? one.text : one.request),
        (hash, { kind }) =>
          kind === 'embedding'
            ? this.#vectorsOf(address.baseUrl, embeddingModelOf(provider)).has(hash)
            : this.#desk.isAnswered(hash, held?.journal ?? null),
        signal,
      )
      const model = embeds && provider.embeddingModel !== null ? provider.embeddingModel : provider.chatModel
      const price = this.#prices.of(model, address)
      const mean = await this.#ledger.meanMilliseconds(address.host, model)
      return {
        host: address.host,
        model,
        ...counted,
        tokenizer: { name: counter.name, exact: counter.exact },
        mostCost: costOf(price, counted.promptTokens, counted.mostCompletionTokens),
        price,
        seconds: mean === null ? null : (counted.calls * mean) / 1000 / provider.concurrency,
      }
    } finally {
      held?.release()
    }
  }

  async answerInBatches(...[providerId, requests, use, task]: Parameters<LanguageModels['answerInBatches']>) {
    const provider = this.#providers.get(providerId)
    if (isLocalModel(provider)) {
      throw new SnipError('unsupported-model', `${provider.name} runs here, where there are no batches`, {
        remedy: 'Leave the Batch interface off.',
      })
    }
    const parts = await this.#parts(provider, provider.chatModel, use)
    try {
      const { journal, client, model } = parts
      const byHash = new Map(
        requests.map((request) => [requestHash(client.address.baseUrl, model, 'chat', request), request] as const),
      )
      const waiting = [...byHash].map(([hash, request]) => ({ hash, request }))
      const priceFactor = client.address.host === halfPriceHost ? 0.5 : 1
      return await runBatches(
        { ...parts, journal: journal!, clock: this.#clock, priceFactor },
        use.journalFolder,
        waiting,
        task,
      )
    } finally {
      parts.close()
    }
  }

  prices() {
    return this.#prices.list()
  }

  setPrice(price: Omit<Price, 'origin'>) {
    const prices = this.#prices.set(price)
    this.#changed('providers')
    return prices
  }

  removePrice(model: string) {
    const prices = this.#prices.remove(model)
    this.#changed('providers')
    return prices
  }

  ledger(limit: number) {
    return this.#ledger.page(limit)
  }

  async exportLedger(format: 'jsonl' | 'csv') {
    const entries = await this.#ledger.all()
    const folder = join(this.#options.dataFolder, 'exports')
    const time = new Date(this.#clock.wallTime()).toISOString().slice(0, 19).replaceAll(':', '')
    const path = join(folder, `requests-${time}.${format}`)
    try {
      makeFolder(folder)
    } catch (error) {
      throw fileError(error, folder, 'write')
    }
    writeAside(path, [format === 'csv' ? ledgerCsv(entries) : ledgerJsonl(entries)])
    return { path, entries: entries.length }
  }

  async dispose(): Promise<void> {
    for (const { journal } of this.#journals.values()) journal.close()
    this.#journals.clear()
    for (const vectors of this.#vectors.values()) vectors.close()
    this.#vectors.clear()
    this.#ledger.close()
  }

  async #openLocal(provider: Provider, use: ModelUse) {
    const requests = this.#requestsOf(provider)
    const signal = use.signal ?? new AbortController().signal
    const key = await requests.prepare(signal)
    const held = use.journalFolder === null ? null : this.#hold(use.journalFolder, provider)
    const meter = held?.journal.meter ?? new BudgetMeter()
    if (use.budget !== null) meter.budget = use.budget
    const desk = this.#desk
    const journal = held?.journal ?? null
    const close = () => held?.release()
    return openLocalModel({ provider, requests, key, desk, journal, meter, signal: use.signal, close })
  }

  async #estimateLocally(
    provider: Provider,
    requests: Parameters<LanguageModels['estimate']>[1],
    journalFolder: string | null,
    signal: AbortSignal,
  ) {
    const model = this.#requestsOf(provider)
    const key = await model.prepare(signal)
    const held = journalFolder === null ? null : this.#hold(journalFolder, provider)
    try {
      const isAnswered = (hash: string) => this.#desk.isAnswered(hash, held?.journal ?? null)
      const counted = await countLocally(model, key, requests, isAnswered, signal)
      return { host: localHost, model: provider.chatModel, ...counted, mostCost: 0, price: null, seconds: null }
    } finally {
      held?.release()
    }
  }

  /** Throws `not-found`, `unsupported-model`. */
  #requestsOf(provider: Provider): LocalRequests {
    const { models } = this.#options
    if (models) return new LocalRequests(models, localModelOf(provider))
    throw new SnipError('unsupported-model', 'No engine runs here that a language model in a folder could use', {
      remedy: 'Use the model of a server.',
    })
  }

  async #view(provider: Provider): Promise<ProviderView> {
    if (isLocalModel(provider)) {
      const key = { state: 'absent', lastFour: null, where: null, note: 'It runs here and needs no key.' } as const
      return { ...provider, kind: 'local-model', host: localHost, local: true, key }
    }
    const { host, local } = readProviderUrl(provider.baseUrl, true)
    return { ...provider, kind: 'server', host, local, key: await this.#keys.stateOf(provider) }
  }

  async #client(provider: Provider): Promise<ProviderClient> {
    return new ProviderClient({
      provider,
      key: await this.#keys.secretOf(provider),
      lanes: this.#lanesOf(provider),
      ledger: this.#ledger,
      clock: this.#clock,
      offline: this.#options.offline,
      fetch: this.#options.fetch ?? fetch,
      patience: { ...usualPatience, ...this.#options.patience },
    })
  }

  async #parts(provider: Provider, model: string, use: ModelUse): Promise<ModelParts> {
    const client = await this.#client(provider)
    const price = this.#prices.of(model, client.address)
    if (price === null && (use.budget?.maxCost ?? null) !== null) throw unpriced()
    const counter = await this.#counter(model)
    const held = use.journalFolder === null ? null : this.#hold(use.journalFolder, provider)
    const meter = held?.journal.meter ?? new BudgetMeter()
    if (use.budget !== null) meter.budget = use.budget
    const { purpose, signal } = use
    return {
      provider,
      model,
      client,
      price,
      counter,
      desk: this.#desk,
      journal: held?.journal ?? null,
      meter,
      purpose,
      signal,
      close: () => held?.release(),
    }
  }

  /** The journal of a folder, which several may hold at once in this process. */
  #hold(folder: string, { concurrency }: Provider): { readonly journal: Journal; release(): void } {
    const path = resolve(folder)
    const held = this.#journals.get(path) ?? { journal: new Journal(path, concurrency), users: 0 }
    this.#journals.set(path, held)
    held.users++
    let isReleased = false
    return {
      journal: held.journal,
      release: () => {
        if (isReleased) return
        isReleased = true
        held.users--
        if (held.users > 0 || this.#journals.get(path) !== held) return
        this.#journals.delete(path)
        held.journal.close()
      },
    }
  }

  #vectorsOf(baseUrl: string, model: string): VectorStore {
    const key = JSON.stringify([baseUrl, model])
    const vectors =
      this.#vectors.get(key) ?? new VectorStore(join(this.#options.cacheFolder, 'vectors'), baseUrl, model)
    this.#vectors.set(key, vectors)
    return vectors
  }

  #lanesOf({ id, concurrency }: Provider): Lanes {
    const lanes = this.#lanes.get(id) ?? new Lanes(concurrency, this.#clock)
    this.#lanes.set(id, lanes)
    lanes.most = concurrency
    return lanes
  }

  #counter(model: string): Promise<TokenCounter> {
    const counter = this.#counters.get(model) ?? loadTokenCounter(model)
    this.#counters.set(model, counter)
    return counter
  }

  #changed(topic: 'providers' | 'ledger'): void {
    this.#options.changed?.(topic)
  }
}

function embeddingModelOf({ embeddingModel, name }: Provider): string {
  if (embeddingModel !== null) return embeddingModel
  throw new SnipError('bad-argument', `No embedding model is set for ${name}`, { remedy: 'Set one in the settings.' })
}
