import { SnipError } from '../../contract/failure.ts'

/** Where a long piece of work stands: `done` of `total` units of one stage. */
export interface TaskProgress {
  /** What is going on, for people: 'Recording', 'Measuring lm'. */
  readonly stage: string
  readonly done: number
  readonly total: number
  readonly unit: string
  /** What else to say of it, as a few words: what it has cost. */
  readonly note?: string
}

/** What a caller hands to every long operation: how to cancel it and where news goes. */
export interface Task {
  readonly signal: AbortSignal
  report(progress: TaskProgress): void
  /** One sentence that a person should read although the work goes on. */
  warn(sentence: string): void
  /** One sentence that a person should read before the work goes on: what leaves the computer. Left out where a form has said it. */
  announce?(sentence: string): void
}

/** A task that nobody watches. */
export function quietTask(signal: AbortSignal = new AbortController().signal): Task {
  return { signal, report: () => {}, warn: () => {} }
}

/** The reason of a signal that ends work which is to go on later: its workspace closes, or the program ends. */
export function interruption(): SnipError {
  return new SnipError('cancelled', 'Interrupted')
}

/** Whether work was ended so; else a person gave it up. Of the system's signals only Ctrl-C is a person's. */
export function isInterruption({ aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false
  if (typeof reason === 'number') return reason !== 2
  return reason instanceof SnipError && reason.message === interruption().message
}

/** A caller's signal, or one that never aborts. */
export function signalOf(signal: AbortSignal | undefined): AbortSignal {
  return signal ?? new AbortController().signal
}

/** Throws `cancelled` once the caller has given up. */
export function throwIfCancelled(task: Task): void {
  if (task.signal.aborted) throw new SnipError('cancelled', 'Cancelled')
}
