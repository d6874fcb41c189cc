import { allowMany, cancelled, type Clock } from '../clock.ts'

/** How a request on a lane ended: `slower` when the server asked for fewer of them. */
export type LaneEnd = 'well' | 'slower' | 'otherwise'

interface Waiter {
  readonly go: () => void
  readonly refuse: (reason: Error) => void
  isGone: boolean
}

/**
 * How many requests of a provider are under way: at most as many as it was given, half as many after each 429, one more after as
 * many answers as there are lanes. A server's Retry-After closes all lanes for that long.
 */
export class Lanes {
  readonly #clock: Clock
  #most: number
  #limit: number
  #under = 0
  #wellSince = 0
  #lastHalved = Number.NEGATIVE_INFINITY
  #closedUntil = Number.NEGATIVE_INFINITY
  #isWaking = false
  readonly #waiters: Waiter[] = []

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#limit = most
    this.#clock = clock
  }

  /** How many may be under way at this moment. */
  get limit(): number {
    return this.#limit
  }

  set most(most: number) {
    if (most === this.#most) return
    this.#most = most
    this.#limit = most
    this.#next()
  }

  /** Resolves to the time of entering when there is a free lane; `cancelled` at once when the signal aborts. */
  async enter(signal: AbortSignal): Promise<number> {
    if (signal.aborted) throw cancelled()
    if (this.#isOpen && this.#waiters.length === 0) this.#under++
    else await this.#queue(signal)
    return this.#clock.now()
  }

  leave(entered: number, end: LaneEnd, closeForMs = 0): void {
    this.#under--
    if (end === 'slower') this.#slow(entered)
    if (closeForMs > 0) this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + closeForMs)
    if (end === 'well' && this.#limit < this.#most && ++this.#wellSince >= this.#limit) {
      this.#limit++
      this.#wellSince = 0
    }
    this.#next()
  }

  /** Turns away all who wait for a lane. */
  refuse(reason: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(reason)
  }

  get #isOpen(): boolean {
    return this.#under < this.#limit && this.#clock.now() >= this.#closedUntil
  }

  /** Requests that were sent before the last halving say nothing about the new limit. */
  #slow(entered: number): void {
    this.#wellSince = 0
    if (entered < this.#lastHalved) return
    this.#limit = Math.max(1, Math.floor(this.#limit / 2))
    this.#lastHalved = this.#clock.now()
  }

  #queue(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = () => {
        waiter.isGone = true
        reject(cancelled())
      }
      const waiter: Waiter = {
        isGone: false,
        go: () => {
          signal.removeEventListener('abort', give)
          resolve()
        },
        refuse: (reason) => {
          signal.removeEventListener('abort', give)
          reject(reason)
        },
      }
      allowMany(signal)
      signal.addEventListener('abort', give, { once: true })
      this.#waiters.push(waiter)
      this.#next()
    })
  }

  #next(): void {
    while (this.#waiters.length > 0 && this.#isOpen) {
      const waiter = this.#waiters.shift()!
      if (waiter.isGone) continue
      this.#under++
      waiter.go()
    }
    if (this.#waiters.length > 0 && this.#under < this.#limit) void this.#wake()
  }

  /** One sleeper for all who wait until the lanes open again. */
  async #wake(): Promise<void> {
    if (this.#isWaking) return
    this.#isWaking = true
    // Beyond what a timer of the system can hold, it is asked again.
    const left = Math.min(this.#closedUntil - this.#clock.now(), 2 ** 31 - 1)
    await this.#clock.sleep(Math.max(0, left), new AbortController().signal)
    this.#isWaking = false
    this.#next()
  }
}
