import { randomUUID } from 'node:crypto'
import type { Topic, WorkbenchEvent } from '../../../contract/workbench/events.ts'
import type { Job } from '../../../contract/workbench/jobs.ts'
import type { EventHub } from './event-hub.ts'

/** Milliseconds from one event of a listener to its next: 20 a second. */
const pauseMs = 50
const mostEngineEvents = 20
const mostJobs = 500

type EngineEvent = Extract<WorkbenchEvent, { kind: 'engine' }>

/** What one listener has not been told yet: however slow it is, this stays small. */
class Mailbox {
  readonly #topics = new Set<Topic>()
  readonly #jobs = new Map<string, Job>()
  readonly #engine: EngineEvent[] = []
  #status: string | null = null
  #wake: (() => void) | null = null
  #closed = false

  get closed(): boolean {
    return this.#closed
  }

  changed(topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.add(topic)
    this.#rouse()
  }

  job(job: Job): void {
    this.#jobs.delete(job.id)
    this.#jobs.set(job.id, job)
    if (this.#jobs.size > mostJobs) {
      const oldest = this.#jobs.keys().next()
      if (!oldest.done) this.#jobs.delete(oldest.value)
      // Whoever lost a job's news asks for the list anew.
      this.#topics.add('jobs')
    }
    this.#rouse()
  }

  engine(event: EngineEvent): void {
    if (this.#engine.push(event) > mostEngineEvents) this.#engine.shift()
    this.#rouse()
  }

  status(text: string): void {
    this.#status = text
    this.#rouse()
  }

  close(): void {
    this.#closed = true
    this.#rouse()
  }

  /** The next event, or null when there is none. */
  take(revision: number): WorkbenchEvent | null {
    const engine = this.#engine.shift()
    if (engine) return engine
    if (this.#topics.size > 0) {
      const topics = [...this.#topics]
      this.#topics.clear()
      return { kind: 'changed', topics, revision }
    }
    for (const [id, job] of this.#jobs) {
      this.#jobs.delete(id)
      return { kind: 'job', job }
    }
    if (this.#status === null) return null
    const text = this.#status
    this.#status = null
    return { kind: 'status', text }
  }

  /** Resolves when something came or the box was closed, and at the latest after `ms`. */
  wait(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms)
      // A pause of the rhythm ends early only when the box closes: what comes meanwhile is gathered.
      this.#wake = () => {
        if (ms !== null && !this.#closed) return
        if (timer !== null) clearTimeout(timer)
        resolve()
      }
    })
  }

  #rouse(): void {
    this.#wake?.()
  }
}

/** The hub of one process. */
export class LiveEventHub implements EventHub {
  /** Tells listeners that reconnect whether it is still the same process. */
  readonly #process = randomUUID()
  readonly #mailboxes = new Set<Mailbox>()
  #revision = 0
  #closed = false

  get revision(): number {
    return this.#revision
  }

  /** For tests: how many listen. */
  get listeners(): number {
    return this.#mailboxes.size
  }

  changed(...topics: readonly Topic[]): void {
    this.#revision++
    for (const box of this.#mailboxes) box.changed(topics)
  }

  status(text: string): void {
    for (const box of this.#mailboxes) box.status(text)
  }

  job(job: Job): void {
    for (const box of this.#mailboxes) box.job(job)
  }

  engine(state: EngineEvent['state'], message: string): void {
    for (const box of this.#mailboxes) box.engine({ kind: 'engine', state, message })
  }

  watch(signal: AbortSignal | undefined): AsyncIterableIterator<WorkbenchEvent> {
    const box = new Mailbox()
    this.#mailboxes.add(box)
    const leave = () => {
      this.#mailboxes.delete(box)
      signal?.removeEventListener('abort', leave)
      box.close()
    }
    if (signal?.aborted || this.#closed) leave()
    else signal?.addEventListener('abort', leave)
    let greeted = false
    let last = Number.NEGATIVE_INFINITY
    const next = async (): Promise<IteratorResult<WorkbenchEvent>> => {
      for (;;) {
        if (box.closed) return { done: true, value: undefined }
        if (!greeted) {
          greeted = true
          return { done: false, value: { kind: 'hello', process: this.#process, revision: this.#revision } }
        }
        const left = last + pauseMs - performance.now()
        if (left > 0) {
          await box.wait(left)
          continue
        }
        const event = box.take(this.#revision)
        if (event !== null) {
          last = performance.now()
          return { done: false, value: event }
        }
        await box.wait(null)
      }
    }
    return {
      next,
      return: () => {
        leave()
        return Promise.resolve({ done: true, value: undefined })
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  close(): void {
    this.#closed = true
    for (const box of this.#mailboxes) box.close()
    this.#mailboxes.clear()
  }
}
