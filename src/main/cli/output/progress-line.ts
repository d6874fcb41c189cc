import type { TaskProgress } from '../../services/task.ts'
import type { CommandIo } from '../command-io.ts'

const terminalIntervalMs = 100
const plainFirstMs = 10_000
const plainIntervalMs = 30_000

/** Progress with the time left: one line that is rewritten on a terminal, a line now and then elsewhere. */
export class ProgressLine {
  readonly #io: Pick<CommandIo, 'err' | 'errIsTerminal' | 'columns'>
  readonly #quiet: boolean
  readonly #now: () => number
  #stage = ''
  #startedAt = 0
  #startedDone = 0
  #shownAt = -Infinity
  #onScreen = false

  constructor(
    io: Pick<CommandIo, 'err' | 'errIsTerminal' | 'columns'>,
    quiet: boolean,
    now: () => number = () => performance.now(),
  ) {
    this.#io = io
    this.#quiet = quiet
    this.#now = now
    this.#shownAt = io.errIsTerminal ? -Infinity : now() + plainFirstMs - plainIntervalMs
  }

  report(progress: TaskProgress): void {
    if (this.#quiet) return
    const now = this.#now()
    if (progress.stage !== this.#stage) {
      this.#stage = progress.stage
      this.#startedAt = now
      this.#startedDone = progress.done
    }
    if (now - this.#shownAt < (this.#io.errIsTerminal ? terminalIntervalMs : plainIntervalMs)) return
    this.#shownAt = now
    const line = this.#describe(progress, now)
    if (this.#io.errIsTerminal) {
      this.#io.err(`\r\u001b[2K${line.slice(0, Math.max(20, this.#io.columns - 1))}`)
      this.#onScreen = true
    } else {
      this.#io.err(`${line}\n`)
    }
  }

  /** Takes the line off the screen. */
  clear(): void {
    if (this.#onScreen) this.#io.err('\r\u001b[2K')
    this.#onScreen = false
  }

  #describe({ stage, done, total, unit }: TaskProgress, now: number): string {
    const fresh = done - this.#startedDone
    const elapsed = now - this.#startedAt
    const left =
      fresh > 0 && elapsed > 500 ? ` · ${formatSeconds(((total - done) / fresh) * (elapsed / 1000))} left` : ''
    const percent = total > 0 ? ` (${Math.floor((100 * done) / total)} %)` : ''
    return `${stage}: ${done} of ${total} ${unit}${percent}${left}`
  }
}

/** `42 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
