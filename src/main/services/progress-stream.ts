import type { Task, TaskProgress } from './task.ts'

/** Milliseconds between two of what is told. */
const betweenMs = 50

export type ProgressOf<Value> =
  | ({ readonly kind: 'progress' } & TaskProgress)
  | { readonly kind: 'done'; readonly value: Value }

/**
 * Does something that takes a while and tells how far it is: the newest state whenever the listener is ready for one, and what came of it in
 * the end. When the listener leaves the work is cancelled.
 */
export async function* withProgress<Value>(
  signal: AbortSignal | undefined,
  work: (task: Task) => Promise<Value>,
): AsyncGenerator<ProgressOf<Value>, void> {
  const left = new AbortController()
  let newest: TaskProgress | null = null
  let toldAt = -betweenMs
  let wake = () => {}
  const task: Task = {
    signal: signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]),
    report: (progress) => {
      const now = performance.now()
      if (now - toldAt < betweenMs) return
      toldAt = now
      newest = progress
      wake()
    },
    warn: () => {},
  }
  const ended = work(task).then((value) => ({ kind: 'done', value }) as const)
  // Who left does not hear of what became of it.
  ended.catch(() => {})
  try {
    for (;;) {
      const told = new Promise<null>((resolve) => (wake = () => resolve(null)))
      const news: TaskProgress | null = newest
      newest = null
      if (news !== null) {
        yield { kind: 'progress', ...(news as TaskProgress) }
        continue
      }
      const end = await Promise.race([ended, told])
      if (end === null) continue
      yield end
      return
    }
  } finally {
    left.abort()
  }
}
