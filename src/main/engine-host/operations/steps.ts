import type { Progress } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'

/** The process that started this one. When it dies, the system gives this process another parent. */
const starter = process.ppid

/**
 * Ends this process when the one that started it is gone: asked right before files are written, since a successor may be
 * writing them already, and the channel's end is only noticed between two batches.
 */
export function endWhenOrphaned(): void {
  if (process.ppid !== starter) process.exit(0)
}

/** Lets messages in between two batches, and stops here when the caller has gone: ONNX Runtime itself cannot be stopped. */
export async function betweenBatches(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (signal?.aborted) throw new SnipError('cancelled', 'Cancelled')
}

export function progress(done: number, total: number, unit: string): Progress {
  return { kind: 'progress', done, total, unit }
}

/** Passes at most 20 progress events a second on; the last one always. */
export class ProgressThrottle {
  #last = 0

  due(done: number, total: number): boolean {
    const now = performance.now()
    if (done < total && now - this.#last < 50) return false
    this.#last = now
    return true
  }
}
