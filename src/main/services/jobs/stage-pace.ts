import type { TaskProgress } from '../task.ts'

/** Too little time to tell a pace from, in milliseconds. */
const shortestMs = 400

/**
 * How long a stage will still take, from its pace so far. Units that were finished before this start of the job count as
 * done and tell nothing about the pace.
 */
export class StagePace {
  #stage: string | null = null
  #total = 0
  #firstDone = 0
  #firstAt = 0

  /** Seconds left after this news; null before there is a pace. `now` in milliseconds. */
  secondsLeft({ stage, done, total }: TaskProgress, now: number): number | null {
    if (stage !== this.#stage || total !== this.#total || done < this.#firstDone) {
      this.#stage = stage
      this.#total = total
      this.#firstDone = done
      this.#firstAt = now
      return null
    }
    if (done >= total) return 0
    const elapsed = now - this.#firstAt
    const made = done - this.#firstDone
    if (made <= 0 || elapsed < shortestMs) return null
    return ((total - done) * elapsed) / made / 1000
  }
}
