import type { Steps } from '../../core/steps.ts'

/** Lets other callers in: for loops that would hold this process for longer than a few milliseconds. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Has work done step by step, and lets other callers in after each. */
export async function inSteps<Result>(steps: Steps<Result>): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await breathe()
  }
}
