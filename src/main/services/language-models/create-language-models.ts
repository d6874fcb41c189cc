import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SnipError } from '../../../contract/failure.ts'
import type { ConnectionTest, Price, Provider, ProviderView } from '../../../contract/workbench/providers.ts'
import type { Models } from '../models/models.ts'
import { AnswerLimit } from './answers/answer-limit.ts'
import { AtWork } from './at-work.ts'
import type { Patience } from './client/provider-client.ts'
import { systemClock, type Clock } from './clock.ts'
import { HeldResources } from './held-resources.ts'
import type { EstimateOptions, LanguageModels, ModelUse } from './language-models.ts'
import { Ledger } from './ledger/ledger.ts'
import { exportLedger } from './ledger/export-ledger.ts'
import { LocalModels } from './local/local-models.ts'
import { isLocalModel } from './local/local-provider.ts'
import { PriceTable } from './providers/price-table.ts'
import { ProviderStore } from './providers/provider-store.ts'
import { readProviderUrl } from './providers/provider-url.ts'
import { KeychainSecrets } from './secrets/keychain-secrets.ts'
import { KeptAccounts } from './secrets/kept-accounts.ts'
import { ProviderKeys } from './secrets/provider-keys.ts'
import type { SecretStore } from './secrets/secret-store.ts'
import { ServerModels } from './server-models.ts'

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
  readonly changed?: (topic: 'providers' | 'ledger' | 'answers') => void
  readonly clock?: Clock
  /** How requests leave; the system's fetch when left out. */
  readonly fetch?: typeof fetch
  /** Most attempts at one request, longest silence before an answer begins and within it, longest time for all of it, in milliseconds. */
  readonly patience?: Partial<Patience>
}

/** Local models may think for minutes before they begin. */
const usualPatience: Patience = { attempts: 6, answerMs: 300_000, silenceMs: 60_000, totalMs: 900_000 }

const longestFarewellMs = 3000

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
  readonly #held: HeldResources
  readonly #local: LocalModels
  readonly #servers: ServerModels
  readonly #atWork = new AtWork()

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
    this.#held = new HeldResources(options.cacheFolder, this.#clock, new AnswerLimit(options.dataFolder))
    this.#local = new LocalModels(options.models, this.#held, this.#clock)
    this.#servers = new ServerModels({
      keys: this.#keys,
      prices: this.#prices,
      ledger: this.#ledger,
      held: this.#held,
      clock: this.#clock,
      offline: options.offline,
      fetch: options.fetch ?? fetch,
      patience: { ...usualPatience, ...options.patience },
    })
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
    this.#held.follow(provider)
    this.#changed('providers')
    return this.#view(provider)
  }

  async remove(id: string): Promise<void> {
    const provider = this.#providers.get(id)
    if (!isLocalModel(provider)) await this.#keys.remove(provider)
    this.#providers.remove(id)
    this.#held.forget(id)
    this.#changed('providers')
  }

  addTransient(draft: Parameters<LanguageModels['addTransient']>[0]): string {
    return this.#providers.addTransient(draft).id
  }

  async setKey(id: string, key: string) {
    const state = await this.#keys.set(this.#withKey(id, 'Set none.'), key)
    this.#changed('providers')
    return state
  }

  async removeKey(id: string) {
    const state = await this.#keys.remove(this.#withKey(id, 'There is none to remove.'))
    this.#changed('providers')
    return state
  }

  async test(id: string, signal = new AbortController().signal): Promise<ConnectionTest> {
    const provider = this.#providers.get(id)
    const isLocal = isLocalModel(provider)
    const result = await (isLocal ? this.#local.test(provider, signal) : this.#servers.test(provider, signal))
    if (isLocal ? result.ok : result.capabilities.testedAt !== null) {
      this.#providers.keepCapabilities(id, result.capabilities)
      this.#changed('providers')
    }
    return result
  }

  async open(providerId: string, use: ModelUse) {
    const provider = this.#providers.get(providerId)
    const end = this.#atWork.begin(use.purpose)
    try {
      const model = await (isLocalModel(provider) ? this.#local.open(provider, use) : this.#servers.open(provider, use))
      const close = () => {
        end()
        model.close()
      }
      return { ...model, close }
    } catch (error) {
      end()
      throw error
    }
  }

  async openEmbeddings(providerId: string, use: ModelUse) {
    return this.#servers.openEmbeddings(this.#providers.get(providerId), use)
  }

  async estimate(
    providerId: string,
    requests: Parameters<LanguageModels['estimate']>[1],
    { journalFolder = null, inBatches = false, signal = new AbortController().signal }: EstimateOptions = {},
  ) {
    const provider = this.#providers.get(providerId)
    if (!isLocalModel(provider)) return this.#servers.estimate(provider, requests, journalFolder, inBatches, signal)
    if (inBatches) throw noBatches(provider)
    return this.#local.estimate(provider, requests, journalFolder, signal)
  }

  async answerInBatches(...[providerId, requests, use, task]: Parameters<LanguageModels['answerInBatches']>) {
    const provider = this.#providers.get(providerId)
    if (isLocalModel(provider)) throw noBatches(provider)
    const end = this.#atWork.begin(use.purpose)
    try {
      return await this.#servers.answerInBatches(provider, requests, use, task)
    } finally {
      end()
    }
  }

  answers() {
    return this.#held.answers.kept()
  }

  async clearAnswers() {
    const { purposes } = this.#atWork
    if (purposes.length > 0) {
      throw new SnipError('busy', `Language models are at work: ${purposes.join(', ')}`, {
        remedy: 'Clear the answers when that has ended, or cancel it first.',
      })
    }
    try {
      return await this.#held.answers.clear()
    } finally {
      this.#changed('answers')
    }
  }

  async limitAnswers(limitBytes: number) {
    const kept = await this.#held.answers.limitTo(limitBytes)
    this.#changed('answers')
    return kept
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
    const folder = join(this.#options.dataFolder, 'exports')
    return exportLedger(folder, await this.#ledger.all(), format, this.#clock.wallTime())
  }

  async dispose(): Promise<void> {
    this.#held.close()
    this.#ledger.close()
    // Deleting what is too much would never come to its end where programs are short; but nobody waits long for a program to go.
    await Promise.race([this.#held.answers.settled(), sleep(longestFarewellMs, undefined, { ref: false })])
  }

  /** Throws `bad-argument` for a model that runs here. */
  #withKey(id: string, remedy: string): Provider {
    const provider = this.#providers.get(id)
    if (!isLocalModel(provider)) return provider
    throw new SnipError('bad-argument', `${provider.name} runs here and needs no key`, { remedy })
  }

  async #view(provider: Provider): Promise<ProviderView> {
    if (isLocalModel(provider)) return this.#local.view(provider)
    const { host, local } = readProviderUrl(provider.baseUrl, true)
    return { ...provider, kind: 'server', host, local, key: await this.#keys.stateOf(provider) }
  }

  #changed(topic: 'providers' | 'ledger' | 'answers'): void {
    this.#options.changed?.(topic)
  }
}

function noBatches({ name }: Provider): SnipError {
  return new SnipError('unsupported-model', `${name} runs here, where there are no batches`, {
    remedy: 'Leave the Batch interface off.',
  })
}
