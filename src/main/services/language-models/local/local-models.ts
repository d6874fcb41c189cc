import { SnipError } from '../../../../contract/failure.ts'
import type { ConnectionTest, Provider, ProviderView } from '../../../../contract/workbench/providers.ts'
import type { Models } from '../../models/models.ts'
import type { Clock } from '../clock.ts'
import type { HeldResources } from '../held-resources.ts'
import type { CountedRequest, Estimate, ModelUse, OpenLanguageModel } from '../language-models.ts'
import { localHost, localModelOf, problemOfLocalModel } from './local-provider.ts'
import { measurePace, secondsAt, type LocalPace } from './local-pace.ts'
import { LocalRequests } from './local-requests.ts'
import { countLocally, testLocally } from './look-at-local-model.ts'
import { openLocalModel } from './open-local-model.ts'

/** Language models in folders, which our own engine runs: nothing of them leaves the machine. */
export class LocalModels {
  readonly #models: Models | undefined
  readonly #held: HeldResources
  readonly #clock: Clock
  /** How fast models were seen to be, by what tells them apart. */
  readonly #paces = new Map<string, LocalPace | null>()

  /** Without `models` there is no engine, and every use throws `unsupported-model`. */
  constructor(models: Models | undefined, held: HeldResources, clock: Clock) {
    this.#models = models
    this.#held = held
    this.#clock = clock
  }

  view(provider: Provider): ProviderView {
    const key = { state: 'absent', lastFour: null, where: null, note: 'It runs here and needs no key.' } as const
    const problem = problemOfLocalModel(provider)
    return {
      ...provider,
      kind: 'local-model',
      host: localHost,
      local: true,
      key,
      ...(problem === null ? {} : { problem }),
    }
  }

  test(provider: Provider, signal: AbortSignal): Promise<ConnectionTest> {
    return testLocally(() => this.#requestsOf(provider), provider.chatModel, this.#clock, signal)
  }

  async open(provider: Provider, use: ModelUse): Promise<OpenLanguageModel> {
    const requests = this.#requestsOf(provider)
    const key = await requests.prepare(use.signal ?? new AbortController().signal)
    const { signal } = use
    const { desk } = this.#held
    return openLocalModel({ provider, requests, key, desk, signal, ...this.#held.holdUse(provider, use) })
  }

  async estimate(
    provider: Provider,
    requests: Iterable<CountedRequest> | AsyncIterable<CountedRequest>,
    journalFolder: string | null,
    signal: AbortSignal,
  ): Promise<Estimate> {
    const model = this.#requestsOf(provider)
    const key = await model.prepare(signal)
    const held = journalFolder === null ? null : this.#held.holdJournal(journalFolder, provider)
    try {
      const isAnswered = (hash: string) => this.#held.desk.isAnswered(hash, held?.journal ?? null)
      const counted = await countLocally(model, key, requests, isAnswered, signal)
      const { calls, promptTokens, mostCompletionTokens } = counted
      const pace = calls === 0 ? null : await this.#paceOf(model, key, signal)
      const seconds = pace === null ? null : secondsAt(pace, promptTokens, mostCompletionTokens)
      return { host: localHost, model: provider.chatModel, ...counted, mostCost: 0, price: null, seconds }
    } finally {
      held?.release()
    }
  }

  async #paceOf(model: LocalRequests, key: string, signal: AbortSignal): Promise<LocalPace | null> {
    const known = this.#paces.get(key)
    if (known !== undefined) return known
    const pace = await measurePace(model, this.#clock, signal)
    this.#paces.set(key, pace)
    return pace
  }

  /** Throws `not-found`, `unsupported-model`. */
  #requestsOf(provider: Provider): LocalRequests {
    if (this.#models) return new LocalRequests(this.#models, localModelOf(provider))
    throw new SnipError('unsupported-model', 'No engine runs here that a language model in a folder could use', {
      remedy: 'Use the model of a server.',
    })
  }
}
