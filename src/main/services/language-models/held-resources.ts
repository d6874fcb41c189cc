import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { Provider } from '../../../contract/workbench/providers.ts'
import { AnswerDesk } from './answers/answer-desk.ts'
import type { AnswerLimit } from './answers/answer-limit.ts'
import { Journal } from './answers/journal.ts'
import { ReplyCache } from './answers/reply-cache.ts'
import { VectorStore } from './answers/vector-store.ts'
import { BudgetMeter } from './budget/budget-meter.ts'
import { loadTokenCounter, type TokenCounter } from './budget/token-counter.ts'
import { Dialects } from './client/dialects.ts'
import { Lanes } from './client/lanes.ts'
import type { Clock } from './clock.ts'
import type { ModelUse } from './language-models.ts'

/** A journal that is held until it is let go; releasing it twice does nothing. */
export interface HeldJournal {
  readonly journal: Journal
  release(): void
}

/** What one use of a model keeps: its journal, if it has a folder, and what it may still spend. */
export interface HeldUse {
  readonly journal: Journal | null
  /** Keeps the journal open beyond `close`, until the returned function is called. */
  readonly hold: () => () => void
  readonly meter: BudgetMeter
  /** The same whenever this folder's work goes on. */
  readonly workId: string
  readonly close: () => void
}

/** What all uses of all models share in this process: journals by folder, answers, vectors, lanes of servers and token counters. */
export class HeldResources {
  readonly desk: AnswerDesk
  /** Answers of all work, which the desk looks into. */
  readonly answers: ReplyCache
  /** How each model wants to be asked, as far as it has said so. */
  readonly dialects = new Dialects()
  readonly #cacheFolder: string
  readonly #clock: Clock
  readonly #lanes = new Map<string, Lanes>()
  readonly #counters = new Map<string, Promise<TokenCounter>>()
  readonly #journals = new Map<string, { readonly journal: Journal; users: number }>()
  readonly #vectors = new Map<string, VectorStore>()

  constructor(cacheFolder: string, clock: Clock, answerLimit: AnswerLimit) {
    this.#cacheFolder = cacheFolder
    this.#clock = clock
    this.answers = new ReplyCache(join(cacheFolder, 'answers'), answerLimit)
    this.desk = new AnswerDesk(this.answers)
  }

  /** The journal of a folder, which several may hold at once in this process. */
  holdJournal(folder: string, { concurrency }: Provider): HeldJournal {
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

  /** Uses of one folder share its journal and what it may spend. */
  holdUse(provider: Provider, { journalFolder, budget }: ModelUse): HeldUse {
    const held = journalFolder === null ? null : this.holdJournal(journalFolder, provider)
    const meter = held?.journal.meter ?? new BudgetMeter()
    if (budget !== null) meter.budget = budget
    const workId = held?.journal.id ?? randomBytes(16).toString('hex')
    const hold = () => (journalFolder === null ? () => {} : this.holdJournal(journalFolder, provider).release)
    return { journal: held?.journal ?? null, hold, meter, workId, close: () => held?.release() }
  }

  vectorsOf(baseUrl: string, model: string): VectorStore {
    const key = JSON.stringify([baseUrl, model])
    const vectors = this.#vectors.get(key) ?? new VectorStore(join(this.#cacheFolder, 'vectors'), baseUrl, model)
    this.#vectors.set(key, vectors)
    return vectors
  }

  /** Lanes of a server for all uses together, as many as its provider now allows. */
  lanesOf({ id, concurrency }: Provider): Lanes {
    const lanes = this.#lanes.get(id) ?? new Lanes(concurrency, this.#clock)
    this.#lanes.set(id, lanes)
    lanes.most = concurrency
    return lanes
  }

  /** Work under way follows a change of its provider. */
  follow({ id, concurrency }: Provider): void {
    const lanes = this.#lanes.get(id)
    if (lanes) lanes.most = concurrency
  }

  forget(providerId: string): void {
    this.#lanes.delete(providerId)
  }

  counterOf(model: string): Promise<TokenCounter> {
    const counter = this.#counters.get(model) ?? loadTokenCounter(model)
    this.#counters.set(model, counter)
    return counter
  }

  close(): void {
    for (const { journal } of this.#journals.values()) journal.close()
    this.#journals.clear()
    for (const vectors of this.#vectors.values()) vectors.close()
    this.#vectors.clear()
  }
}
