import { createHash } from 'node:crypto'
import OpenAI, { toFile } from 'openai'
import type { Provider } from '../../../../contract/workbench/providers.ts'
import { programVersion } from '../../version.ts'
import { cancelled, untilAborted, type Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { readProviderUrl, type ProviderAddress } from '../providers/provider-url.ts'
import { guardedFetch, offline } from './guarded-fetch.ts'
import { peculiarities, type Dialect, type Dialects, type RefusedParameter } from './dialects.ts'
import type { Lanes } from './lanes.ts'
import { backoffMs } from './retry-after.ts'
import { TransportFailure, transportFailureOf } from './transport-failure.ts'

/** How long, and how often, the client tries. */
export interface Patience {
  readonly attempts: number
  readonly answerMs: number
  readonly silenceMs: number
  readonly totalMs: number
}

/** Beyond this a server that asks to wait is no use today. */
const longestWaitMs = 30 * 60_000
/** A package would otherwise look for keys of its own in the environment; the real one joins in where requests leave. */
const noKey = 'none'
/** Where models speak dialects. */
const chatEndpoint = 'chat/completions'

export interface ProviderClientOptions {
  readonly provider: Provider
  readonly key: string | null
  readonly lanes: Lanes
  readonly dialects: Dialects
  readonly ledger: Ledger
  readonly clock: Clock
  readonly offline: () => boolean
  readonly fetch: typeof fetch
  readonly patience: Patience
}

/** What every call of the package is given. */
export interface SendOptions {
  readonly signal: AbortSignal
  readonly headers: Readonly<Record<string, string>>
}

/** What names a request in its work, after a kill and a new start too. */
export interface OnceOnly {
  readonly identity: string
  /** Refusals that the server gave to it before now: what it keeps under their keys is not to be had again. */
  readonly refusals: number
  /** Hears of each further one, before the request leaves once more. */
  readonly refused: () => void
}

/** What a caller knows of a request, and what it wants to hear about each attempt. */
export interface Attempted<T> {
  readonly purpose: string
  readonly model: string
  readonly endpoint: string
  /** Left out where asking twice costs nothing. */
  readonly once?: OnceOnly
  /** Goes out at once, past those who wait for a lane and although the server asked to wait: a person wants to know. */
  readonly isUrgent?: boolean
  /** Given how the model wants to be asked, as far as that is known. */
  readonly send: (client: OpenAI, options: SendOptions, dialect: Dialect) => Promise<T>
  /** Before an attempt leaves, inside its lane: takes what it may cost. Throws to stop. */
  readonly before?: (signal: AbortSignal) => Promise<void>
  /** After an attempt: what it cost, or may have; null for nothing. Throws when an answer cannot be kept. */
  readonly after?: (
    end: { readonly answer: T } | { readonly maybePaid: boolean },
  ) => { readonly promptTokens: number; readonly completionTokens: number; readonly cost: number | null } | null
}

/** One provider with one key: sends requests within its lanes, again where that can help, each in the ledger. */
export class ProviderClient {
  readonly address: ProviderAddress
  readonly #options: ProviderClientOptions
  readonly #openai: OpenAI

  constructor(options: ProviderClientOptions) {
    const { provider, key, clock, patience } = options
    this.#options = options
    this.address = readProviderUrl(provider.baseUrl, provider.plainHttpAllowed)
    this.#openai = new OpenAI({
      apiKey: noKey,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      baseURL: this.address.baseUrl,
      maxRetries: 0,
      // The timer of `guardedFetch` ends all of them sooner.
      timeout: 2 ** 31 - 1,
      logLevel: 'off',
      fetch: guardedFetch({
        origin: this.address.origin,
        host: this.address.host,
        key,
        offline: options.offline,
        fetch: options.fetch,
        clock,
        answerMs: patience.answerMs,
        silenceMs: patience.silenceMs,
        totalMs: patience.totalMs,
        userAgent: `snip-workbench/${programVersion}`,
      }),
    })
  }

  /** How a model wants to be asked, as far as it has said so. */
  dialectOf(model: string): Dialect {
    return this.#options.dialects.of(this.address, model)
  }

  /** Learns what a question in `spoken` was refused for. True where asking it anew makes another question of it. */
  learn(model: string, spoken: Dialect, refused: RefusedParameter): boolean {
    return this.#options.dialects.learn(this.address, model, spoken, refused)
  }

  /** Sends until an answer comes or nothing can help. Throws `SnipError`s; `cancelled` at once when the signal aborts. */
  async run<T>(request: Attempted<T>, signal: AbortSignal): Promise<T> {
    const { clock, patience } = this.#options
    let heard = request.once?.refusals ?? 0
    for (let attempt = 1; ; attempt++) {
      const tried = await this.attempt(request, signal, heard)
      if ('answer' in tried) return tried.answer
      if (tried.isAdapted) {
        // The same question, in words that the model takes: no attempt is used up, and what was refused cost nothing.
        attempt--
        continue
      }
      const { retry, retryAfterMs, failure, problem } = tried.failed
      // After a broken connection nobody knows whether the server worked; after an answer of any kind it is another question.
      if (problem !== 'network') {
        heard++
        request.once?.refused()
      }
      if (retry === 'never' || attempt >= mostAttempts(retry, patience.attempts)) throw failure
      await clock.sleep(Math.max(retryAfterMs ?? 0, 0) + backoffMs(attempt, clock.random), signal)
    }
  }

  /** One attempt, with what went wrong as data. Throws what `before` and `after` throw, `offline` and `cancelled`. */
  async attempt<T>(
    { purpose, model, endpoint, once, isUrgent = false, send, before, after }: Attempted<T>,
    signal: AbortSignal,
    heard = once?.refusals ?? 0,
  ): Promise<{ readonly answer: T } | { readonly failed: TransportFailure; readonly isAdapted: boolean }> {
    const { lanes, ledger, clock, provider } = this.#options
    if (signal.aborted) throw cancelled()
    if (this.#options.offline()) throw offline()
    let entered: number | null = null
    try {
      if (!isUrgent) entered = await lanes.enter(signal)
    } catch (error) {
      if (error instanceof TransportFailure) return { failed: error, isAdapted: false }
      throw error
    }
    let end: { kind: 'well' | 'slower' | 'otherwise'; closeForMs: number } = { kind: 'otherwise', closeForMs: 0 }
    try {
      if (this.#options.offline()) throw offline()
      await before?.(signal)
      const begun = clock.now()
      let id: string
      try {
        id = ledger.begin({ host: this.address.host, purpose, provider: provider.name, model, endpoint })
      } catch (error) {
        after?.({ maybePaid: false })
        throw error
      }
      const dialect = this.dialectOf(model)
      const milliseconds = () => Math.max(0, Math.round(clock.now() - begun))
      try {
        const answer = await untilAborted(
          send(this.#openai, { signal, headers: this.#onceHeaders(once?.identity, heard, dialect) }, dialect),
          signal,
        )
        end = { kind: 'well', closeForMs: 0 }
        try {
          const charge = after?.({ answer }) ?? null
          ledger.end(id, { outcome: 'answered', milliseconds: milliseconds(), ...tokensOf(charge) })
        } catch (error) {
          ledger.end(id, { outcome: 'answered', milliseconds: milliseconds(), ...tokensOf(null) })
          throw new KeptBack(error)
        }
        return { answer }
      } catch (error) {
        if (error instanceof KeptBack) throw error.cause
        if (signal.aborted) {
          const charge = after?.({ maybePaid: true }) ?? null
          ledger.end(id, { outcome: 'cancelled', milliseconds: milliseconds(), ...tokensOf(charge) })
          throw cancelled()
        }
        const told = transportFailureOf(error, this.address.host)
        const isHopeless = (told.retryAfterMs ?? 0) > longestWaitMs
        const failed = isHopeless ? goneForToday(told) : told
        const charge = after?.({ maybePaid: failed.maybePaid }) ?? null
        ledger.end(id, { outcome: failed.failure.kind, milliseconds: milliseconds(), ...tokensOf(charge) })
        if (failed.failure.kind === 'offline') throw failed.failure
        const slower = told.retry === 'slower'
        end = { kind: slower ? 'slower' : 'otherwise', closeForMs: isHopeless ? 0 : (told.retryAfterMs ?? 0) }
        // Whoever waits would be sent away in the same words; the next to come asks anew.
        if (isHopeless && !isUrgent) lanes.refuse(failed)
        const isAdapted =
          failed.refuses !== null && endpoint === chatEndpoint && this.learn(model, dialect, failed.refuses)
        return { failed, isAdapted }
      }
    } finally {
      if (entered !== null) lanes.leave(entered, end.kind, end.closeForMs)
    }
  }

  /**
   * A server that honours this header answers a request that reaches it twice from what it kept, and charges once: what was under way when
   * the program was killed. Others pass over it. A dialect has keys of its own, since what it asks is another request.
   */
  #onceHeaders(identity: string | undefined, heard: number, dialect: Dialect): Record<string, string> {
    if (identity === undefined) return {}
    const words = [identity, heard, peculiarities(dialect, this.address)].filter((word) => word !== '')
    const key = createHash('sha256').update(words.join(' ')).digest('hex')
    return { 'idempotency-key': key.slice(0, 48) }
  }
}

export { toFile }

/** A server that asks to wait for longer than anybody does. */
function goneForToday({ failure, problem, retryAfterMs, maybePaid }: TransportFailure): TransportFailure {
  return new TransportFailure(
    'llm-quota',
    problem,
    `${failure.message}, and asks to wait ${Math.ceil((retryAfterMs ?? 0) / 60_000)} minutes`,
    'Go on later; what is answered is kept.',
    { retryAfterMs, maybePaid },
  )
}

/** An answer came and could not be kept: not the server's fault. */
class KeptBack extends Error {
  constructor(cause: unknown) {
    super('kept back', { cause })
  }
}

/** A server that only asks for patience gets more of it; one whose answers are unusable gets less. */
function mostAttempts(retry: TransportFailure['retry'], attempts: number): number {
  if (retry === 'slower') return attempts * 2
  return retry === 'soon' ? Math.min(attempts, 3) : attempts
}

function tokensOf(charge: { promptTokens: number; completionTokens: number; cost: number | null } | null) {
  return {
    promptTokens: charge?.promptTokens ?? null,
    completionTokens: charge?.completionTokens ?? null,
    cost: charge === null ? 0 : charge.cost,
  }
}
