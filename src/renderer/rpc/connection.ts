import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client'
import { SnipError } from '../../contract/failure.ts'
import { connectionLost, connectionRefused } from './failures.ts'
import { ChannelRefused, type Channel, type Transport } from './channel.ts'

/**
 * `connecting`: at the start, and right after a loss; calls wait. `lost`: a try to connect failed, more follow by themselves;
 * calls reject at once. `refused`: the main side does not know this page; no more tries.
 */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused'

const firstPauseMs = 250
const longestPauseMs = 5000

/**
 * A link to the main side that lives longer than its channels: when one closes, its pending calls reject with
 * `connection-lost` and the next is opened, after pauses that grow from 0.25 s to 5 s. No call is ever sent twice.
 */
export class Connection implements ClientLink<ClientContext> {
  readonly #transport: Transport
  readonly #listeners = new Set<() => void>()
  #state: ConnectionState = 'connecting'
  #channel: Channel | null = null
  #stop: AbortController | null = null
  #hurry: () => void = () => {}

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Calls back after every change of the state; returns how to stop that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Connects, and stays so until `stop`. */
  start(): void {
    if (this.#stop) return
    this.#stop = new AbortController()
    void this.#keepConnected(this.#stop.signal)
  }

  stop(): void {
    this.#stop?.abort()
    this.#stop = null
    this.#channel?.close()
    this.#channel = null
    this.#setState('connecting')
  }

  /** Tries at once instead of after the pause. */
  retryNow(): void {
    this.#hurry()
  }

  /** Resolves when the state is `connected`; rejects when the signal aborts. */
  async whenConnected(signal: AbortSignal): Promise<void> {
    while (this.#state !== 'connected') await this.#change(signal)
  }

  async call(path: readonly string[], input: unknown, options: ClientOptions<ClientContext>): Promise<unknown> {
    while (this.#state === 'connecting') await this.#change(options.signal)
    const channel = this.#channel
    if (this.#state === 'refused') throw connectionRefused()
    if (channel === null || channel.isClosed) throw connectionLost()
    const translate = (error: unknown) => {
      // Whatever the link makes of it.
      if (options.signal?.aborted) return new SnipError('cancelled', 'Cancelled')
      return channel.isClosed ? connectionLost() : error
    }
    try {
      const output = await channel.link.call(path, input, options)
      return isStream(output) ? new TranslatedStream(output, translate) : output
    } catch (error) {
      throw translate(error)
    }
  }

  async #keepConnected(signal: AbortSignal): Promise<void> {
    let pauseMs = firstPauseMs
    // React's strict mode starts, stops and starts again at once: only the last of these is to open anything.
    await Promise.resolve()
    while (!signal.aborted) {
      try {
        const channel = await this.#transport.open(signal)
        if (signal.aborted) return channel.close()
        this.#channel = channel
        this.#setState('connected')
        const openedAt = performance.now()
        await channel.whenClosed
        if (signal.aborted) return
        this.#channel = null
        this.#setState('connecting')
        // A channel that breaks as soon as it is open is no success.
        if (performance.now() - openedAt > longestPauseMs) pauseMs = firstPauseMs
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof ChannelRefused) return this.#setState('refused')
        this.#setState('lost')
      }
      await this.#pause(pauseMs, signal)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done)
      this.#hurry = done
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
  }

  #setState(state: ConnectionState): void {
    if (state === this.#state) return
    this.#state = state
    for (const listener of this.#listeners) listener()
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => end(() => reject(signal?.reason))
      const unsubscribe = this.subscribe(() => end(resolve))
      function end(how: () => void) {
        unsubscribe()
        signal?.removeEventListener('abort', abort)
        how()
      }
      signal?.addEventListener('abort', abort)
      if (signal?.aborted) abort()
    })
  }
}

type Stream = AsyncIteratorObject<unknown, unknown, void>

function isStream(output: unknown): output is Stream {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

/** A stream whose errors are translated. No generator: leaving one must not wait for the event that is under way. */
class TranslatedStream implements AsyncIterableIterator<unknown, unknown, void> {
  readonly #source: Stream
  readonly #translate: (error: unknown) => unknown

  constructor(source: Stream, translate: (error: unknown) => unknown) {
    this.#source = source
    this.#translate = translate
  }

  async next(): Promise<IteratorResult<unknown, unknown>> {
    try {
      return await this.#source.next()
    } catch (error) {
      throw this.#translate(error)
    }
  }

  async return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    await this.#source.return?.(value)
    return { done: true, value }
  }

  [Symbol.asyncIterator]() {
    return this
  }
}
