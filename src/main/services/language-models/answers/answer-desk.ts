import { SnipError } from '../../../../contract/failure.ts'
import { untilAborted } from '../clock.ts'
import type { Charge } from '../budget/budget-meter.ts'
import type { Journal } from './journal.ts'
import type { ReplyCache } from './reply-cache.ts'

/** An answer that is being asked for, and how many wait for it. */
interface UnderWay {
  readonly answer: Promise<unknown>
  readonly controller: AbortController
  waiting: number
}

/** A question: its hash, and how to have it answered. `send` hands the answer to `keep` before it returns. */
export interface Question<T> {
  readonly hash: string
  readonly journal: Journal | null
  /** Keeps the journal open until the returned function is called. */
  readonly hold: () => () => void
  /** Whether something from a file is a reply to such a question. */
  readonly isReply: (reply: unknown) => boolean
  readonly reused: () => void
  readonly send: (signal: AbortSignal, keep: (answer: T, charge: Charge) => void) => Promise<T>
}

/** Finds answers in the journal, in the cache, and among those under way; asks for the rest, once. */
export class AnswerDesk {
  readonly #cache: ReplyCache
  readonly #underWay = new Map<string, UnderWay>()

  constructor(cache: ReplyCache) {
    this.#cache = cache
  }

  isAnswered(hash: string, journal: Journal | null): boolean {
    return journal?.has(hash) === true || this.#cache.has(hash)
  }

  /** `cancelled` at once when the signal aborts; the request goes on only for others who wait for it. */
  async answer<T>(question: Question<T>, signal: AbortSignal): Promise<T> {
    const { hash, journal, reused } = question
    for (;;) {
      const known = this.#find(question)
      if (known !== undefined) {
        reused()
        return known as T
      }
      journal?.checkRoom()
      const other = this.#underWay.get(hash)
      if (other === undefined) return (await this.#ask(question, signal)) as T
      try {
        const answer = (await this.#join(hash, other, signal)) as T
        // The journal of whoever asked is another one.
        journal?.append({ hash, charge: null, reply: answer })
        reused()
        return answer
      } catch (error) {
        // What stops the other, its cap or its full disk, need not stop this one.
        const kind = error instanceof SnipError ? error.kind : 'internal'
        if (signal.aborted || !['cancelled', 'budget', 'disk-full'].includes(kind)) throw error
      }
    }
  }

  #find<T>({ hash, journal, isReply }: Question<T>): unknown {
    const own = journal?.find(hash)
    if (own !== undefined && isReply(own)) return own
    if (own !== undefined) journal?.drop(hash)
    const cached = this.#cache.find(hash)
    if (cached === undefined || !isReply(cached)) return undefined
    journal?.append({ hash, charge: null, reply: cached })
    return cached
  }

  #ask<T>({ hash, journal, hold, send }: Question<T>, signal: AbortSignal): Promise<unknown> {
    const controller = new AbortController()
    // Whoever asked may be cancelled while others wait for the answer: it still goes into the journal that pays for it.
    const release = hold()
    const keep = (reply: T, charge: Charge) => {
      try {
        journal?.append({ hash, charge, reply })
      } finally {
        this.#cache.keep(hash, reply)
      }
    }
    const answer = send(controller.signal, keep).finally(() => {
      release()
      if (this.#underWay.get(hash) === underWay) this.#underWay.delete(hash)
    })
    const underWay: UnderWay = { answer, controller, waiting: 0 }
    this.#underWay.set(hash, underWay)
    return this.#join(hash, underWay, signal)
  }

  async #join(hash: string, underWay: UnderWay, signal: AbortSignal): Promise<unknown> {
    underWay.waiting++
    try {
      return await untilAborted(underWay.answer, signal)
    } finally {
      if (--underWay.waiting === 0) {
        underWay.controller.abort()
        if (this.#underWay.get(hash) === underWay) this.#underWay.delete(hash)
      }
    }
  }
}
