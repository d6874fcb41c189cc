/** Work in steps of a few milliseconds: whoever has it done may let others in between them. */
export type Steps<Result> = Generator<void, Result, void>

/** Has all of it done in one go. */
export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
