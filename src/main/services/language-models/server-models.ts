import { SnipError } from '../../../contract/failure.ts'
import type { ConnectionTest, Provider } from '../../../contract/workbench/providers.ts'
import type { ChatRequest } from '../../../core/concepts/language-model.ts'
import { requestHash } from './answers/request-hash.ts'
import { runBatches } from './batches/run-batches.ts'
import { unpriced, type Charge } from './budget/budget-meter.ts'
import { countRequests } from './budget/estimate.ts'
import { ProviderClient, type Patience } from './client/provider-client.ts'
import type { Clock } from './clock.ts'
import { testConnection } from './connection-test.ts'
import type { HeldResources } from './held-resources.ts'
import type {
  BatchOutcome,
  BatchTask,
  CountedRequest,
  Estimate,
  ModelUse,
  OpenEmbeddings,
  OpenLanguageModel,
} from './language-models.ts'
import type { Ledger } from './ledger/ledger.ts'
import { openEmbeddings } from './open-embeddings.ts'
import { openModel, type ModelParts } from './open-model.ts'
import { costOf, type PriceTable } from './providers/price-table.ts'
import { readProviderUrl } from './providers/provider-url.ts'
import type { ProviderKeys } from './secrets/provider-keys.ts'

export interface ServerModelsParts {
  readonly keys: ProviderKeys
  readonly prices: PriceTable
  readonly ledger: Ledger
  readonly held: HeldResources
  readonly clock: Clock
  readonly offline: () => boolean
  readonly fetch: typeof fetch
  readonly patience: Patience
}

/** OpenAI's own server takes batches for half the price. */
const halfPriceHost = 'api.openai.com'

/** Language models of servers: the only place from which anything is sent. */
export class ServerModels {
  readonly #parts: ServerModelsParts

  constructor(parts: ServerModelsParts) {
    this.#parts = parts
  }

  async test(provider: Provider, signal: AbortSignal): Promise<ConnectionTest> {
    let client: ProviderClient
    try {
      client = await this.#client(provider)
    } catch (error) {
      if (!(error instanceof SnipError) || error.kind !== 'llm-key') throw error
      const { message, remedy = null } = error
      const { capabilities } = provider
      return { ok: false, problem: 'key', message, remedy, models: [], capabilities, milliseconds: 0 }
    }
    const priceOf = (model: string) => this.#parts.prices.of(model, client.address)
    const counter = await this.#parts.held.counterOf(provider.chatModel)
    return testConnection(provider, client, priceOf, counter, this.#parts.clock, signal)
  }

  async open(provider: Provider, use: ModelUse): Promise<OpenLanguageModel> {
    return openModel(await this.#open(provider, provider.chatModel, use))
  }

  async openEmbeddings(provider: Provider, use: ModelUse): Promise<OpenEmbeddings> {
    const model = embeddingModelOf(provider)
    const parts = await this.#open(provider, model, use)
    return openEmbeddings({ ...parts, vectors: this.#parts.held.vectorsOf(parts.client.address.baseUrl, model) })
  }

  async estimate(
    provider: Provider,
    requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
    journalFolder: string | null,
    inBatches: boolean,
    signal: AbortSignal,
  ): Promise<Estimate> {
    const { held, prices, ledger } = this.#parts
    const address = readProviderUrl(provider.baseUrl, true)
    const journal = journalFolder === null ? null : held.holdJournal(journalFolder, provider)
    try {
      let embeds = false
      const modelOf = ({ kind }: CountedRequest) => {
        if (kind === 'embedding') embeds = true
        return kind === 'embedding' ? embeddingModelOf(provider) : provider.chatModel
      }
      const counter = await held.counterOf(provider.chatModel)
      const counted = await countRequests(
        requests,
        counter,
        (one) =>
          requestHash(address.baseUrl, modelOf(one), one.kind, one.kind === 'embedding' ? one.text : one.request),
        (hash, { kind }) =>
          kind === 'embedding'
            ? held.vectorsOf(address.baseUrl, embeddingModelOf(provider)).has(hash)
            : held.desk.isAnswered(hash, journal?.journal ?? null),
        signal,
      )
      const model = embeds && provider.embeddingModel !== null ? provider.embeddingModel : provider.chatModel
      const price = prices.of(model, address)
      const cost = costOf(price, counted.promptTokens, counted.mostCompletionTokens)
      const mean = inBatches ? null : await ledger.meanMilliseconds(address.host, model)
      return {
        host: address.host,
        model,
        ...counted,
        tokenizer: { name: counter.name, exact: counter.exact },
        mostCost: cost === null ? null : cost * (inBatches ? batchPriceFactor(address.host) : 1),
        price,
        seconds: mean === null ? null : (counted.calls * mean) / 1000 / provider.concurrency,
      }
    } finally {
      journal?.release()
    }
  }

  async answerInBatches(
    provider: Provider,
    requests: readonly ChatRequest[],
    use: ModelUse & { readonly journalFolder: string },
    task: BatchTask,
  ): Promise<BatchOutcome> {
    const parts = await this.#open(provider, provider.chatModel, use)
    try {
      const { journal, client, model } = parts
      const byHash = new Map(
        requests.map((request) => [requestHash(client.address.baseUrl, model, 'chat', request), request] as const),
      )
      const waiting = [...byHash].map(([hash, request]) => ({ hash, request }))
      const priceFactor = batchPriceFactor(client.address.host)
      return await runBatches(
        { ...parts, journal: journal!, clock: this.#parts.clock, priceFactor },
        use.journalFolder,
        waiting,
        task,
      )
    } finally {
      parts.close()
    }
  }

  async #client(provider: Provider): Promise<ProviderClient> {
    const { keys, held, ledger, clock, offline, fetch, patience } = this.#parts
    const key = await keys.secretOf(provider)
    return new ProviderClient({
      provider,
      key,
      lanes: held.lanesOf(provider),
      dialects: held.dialects,
      ledger,
      clock,
      offline,
      fetch,
      patience,
    })
  }

  async #open(provider: Provider, model: string, use: ModelUse): Promise<ModelParts> {
    const { prices, held } = this.#parts
    const client = await this.#client(provider)
    const price = prices.of(model, client.address)
    if (price === null && (use.budget?.maxCost ?? null) !== null) throw unpriced()
    const counter = await held.counterOf(model)
    const { purpose, signal, warn } = use
    const heldUse = held.holdUse(provider, use)
    if (warn !== undefined) {
      heldUse.meter.exceeded = (most, spent) => warn(excessWords(client.address.host, most, spent))
    }
    return { provider, model, client, price, counter, desk: held.desk, purpose, signal, ...heldUse }
  }
}

function excessWords(host: string, most: Charge, spent: Charge): string {
  const [took, atMost] = [spent, most].map(({ promptTokens, completionTokens }) => promptTokens + completionTokens)
  return (
    `${host} says that one request took ${took} tokens, where it was to take at most ${atMost}: it may add a prompt of its own, or ` +
    'reason unseen. What it says is counted, and the whole work costs more than was estimated'
  )
}

function batchPriceFactor(host: string): number {
  return host === halfPriceHost ? 0.5 : 1
}

function embeddingModelOf({ embeddingModel, name }: Provider): string {
  if (embeddingModel !== null) return embeddingModel
  throw new SnipError('bad-argument', `No embedding model is set for ${name}`, { remedy: 'Set one in the settings.' })
}
