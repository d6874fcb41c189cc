import { setMaxListeners } from 'node:events'
import { SnipError } from '../../../contract/failure.ts'

/** Time and chance as the client needs them; made up in tests. */
export interface Clock {
  /** Milliseconds of a clock that never jumps, for everything that is measured or waited for. */
  now(): number
  /** Milliseconds since 1970, for what people read. */
  wallTime(): number
  /** Rejects with `cancelled` as soon as the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
  /** From 0 to below 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(cancelled())
      const timer = setTimeout(end, milliseconds)
      allowMany(signal)
      signal.addEventListener('abort', give, { once: true })
      function end() {
        signal.removeEventListener('abort', give)
        resolve()
      }
      function give() {
        clearTimeout(timer)
        reject(cancelled())
      }
    }),
  random: () => Math.random(),
}

export function cancelled(): SnipError {
  return new SnipError('cancelled', 'Cancelled')
}

/** A promise, or `cancelled` at once when the signal aborts; the promise goes on unwatched. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {})
      return reject(cancelled())
    }
    const give = () => reject(cancelled())
    allowMany(signal)
    signal.addEventListener('abort', give, { once: true })
    promise.finally(() => signal.removeEventListener('abort', give)).then(resolve, reject)
  })
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled()
}

/** Thousands of requests listen to the signal of their job: that is no leak. */
export function allowMany(signal: AbortSignal): void {
  setMaxListeners(0, signal)
}
