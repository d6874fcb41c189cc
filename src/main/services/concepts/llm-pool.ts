import { SnipError } from '../../../contract/failure.ts'

/**
 * Works on what a source gives, `width` at a time, in the order in which it gives them; they end in any order. The first that throws
 * stops the rest through `stop`, and is thrown when all have ended. A cap that is reached takes no more from the source but stops none that
 * has begun: what is under way is paid for, and its answers are kept.
 */
export async function inParallel<T>(
  source: AsyncGenerator<T, void>,
  width: number,
  stop: AbortController,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  async function worker(): Promise<void> {
    try {
      for (;;) {
        const next = failures.length > 0 ? { done: true as const } : await source.next()
        if (next.done) return
        await work(next.value)
      }
    } catch (error) {
      failures.push(error)
      if (!isCap(error)) stop.abort()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  await source.return()
  if (failures.length > 0) throw failures.find((failure) => !isCap(failure)) ?? failures[0]
}

function isCap(error: unknown): boolean {
  return error instanceof SnipError && error.kind === 'budget'
}
