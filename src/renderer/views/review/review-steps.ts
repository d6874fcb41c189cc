import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { ReviewQueue } from '../../../contract/workbench/review.ts'

/** One thing that was done. */
export interface ReviewStep {
  readonly neuron: string
  readonly kind: 'judged' | 'pinned' | 'skipped' | 'taken' | 'noted'
  /** The neuron before, and its place in the queue, for going back. */
  readonly before: NeuronPage
  readonly place: number
  /** The queue that it was done in: a later one counts it itself. */
  readonly queue: ReviewQueue | null
  readonly at: number
}

/**
 * What was done since the view was opened. Undo takes back the last edit of the workspace, whoever made it: what is expected here is shown
 * at once, and the neuron that the answer names says whether it was so.
 */
export class ReviewSteps {
  #done: readonly ReviewStep[] = []
  #undone: readonly ReviewStep[] = []
  readonly #failed = new WeakSet<ReviewStep>()

  get done(): readonly ReviewStep[] {
    return this.#done
  }

  did(step: ReviewStep): void {
    this.#done = [...this.#done, step]
    this.#undone = []
  }

  /** Forgets a step that could not be saved. */
  forget(step: ReviewStep): void {
    this.#failed.add(step)
    this.#done = without(this.#done, step)
    this.#undone = without(this.#undone, step)
  }

  /** The step that undo is expected to take back; it counts as taken back until `wasUndone` knows better. */
  undo(): ReviewStep | null {
    const last = this.#done.at(-1) ?? null
    if (last === null) return null
    this.#done = this.#done.slice(0, -1)
    this.#undone = [...this.#undone, last]
    return last
  }

  /**
   * Whether it was the expected step that undo took back, by the neuron of what it did take back. If not, the step stands again; but when
   * an earlier one was taken back, those after it were never saved.
   */
  wasUndone(expected: ReviewStep | null, neuron: string | null): boolean {
    if (expected === null) return false
    const hasFailed = this.#failed.has(expected)
    const is = neuron === expected.neuron && !hasFailed
    const done = without(this.#done, expected)
    const undone = without(this.#undone, expected)
    const at = is ? -1 : done.findLastIndex((step) => step.neuron === neuron)
    const earlier = done[at]
    if (earlier === undefined) this.#done = is || hasFailed ? done : [...done, expected]
    else this.#done = done.slice(0, at)
    this.#undone = is ? [...undone, expected] : earlier === undefined ? undone : [...undone, earlier]
    return is
  }

  /** The step that redo did again, by its neuron; null where it was none of those taken back here. */
  redo(neuron: string | null): ReviewStep | null {
    const last = this.#undone.at(-1)
    if (last === undefined || last.neuron !== neuron) return null
    this.#undone = this.#undone.slice(0, -1)
    this.#done = [...this.#done, last]
    return last
  }
}

function without(steps: readonly ReviewStep[], step: ReviewStep): readonly ReviewStep[] {
  return steps.filter((other) => other !== step)
}
