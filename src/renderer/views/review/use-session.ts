import { useRef, useState } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { ReviewQueue } from '../../../contract/workbench/review.ts'

/** One thing that was done. */
export interface ReviewStep {
  readonly neuron: string
  readonly kind: 'judged' | 'pinned' | 'skipped' | 'taken'
  /** The neuron before, and its place in the queue, for going back. */
  readonly before: NeuronPage
  readonly place: number
  /** The queue that it was done in: a later one counts it itself. */
  readonly queue: ReviewQueue | null
  readonly at: number
}

/** What was done since the view was opened, for progress, pace and going back. */
export interface ReviewSession {
  /** Neurons that were open in this queue and are judged since. */
  judgedIn(queue: ReviewQueue): number
  /** Judgements a minute over the last minutes; null before there is a pace. */
  readonly perMinute: number | null
  did(step: Omit<ReviewStep, 'at'>): ReviewStep
  /** Forgets a step that failed. */
  forget(step: ReviewStep): void
  /** Forgets the last step and gives it. */
  undid(): ReviewStep | null
}

/** The pace is that of the last minutes. */
const paceWindow = 5 * 60_000

export function useReviewSession(): ReviewSession {
  // Keys come faster than the page is drawn, so the truth is held beside the state.
  const held = useRef<readonly ReviewStep[]>([])
  const [steps, setSteps] = useState<readonly ReviewStep[]>([])
  const put = (next: readonly ReviewStep[]) => {
    held.current = next
    setSteps(next)
  }
  const judgements = steps.filter(({ kind }) => kind === 'judged')
  return {
    judgedIn: (queue) => countJudged(judgements, queue),
    perMinute: paceOf(judgements.map(({ at }) => at)),
    did(step) {
      const done = { ...step, at: Date.now() }
      put([...held.current, done])
      return done
    },
    forget: (step) => put(held.current.filter((other) => other !== step)),
    undid() {
      const last = held.current.at(-1) ?? null
      put(held.current.slice(0, -1))
      return last
    },
  }
}

/** Neurons of a queue that were open when they were judged. */
export function countJudged(steps: readonly Omit<ReviewStep, 'at' | 'kind'>[], queue: ReviewQueue): number {
  const open = steps.filter((step) => {
    return step.queue === queue && step.place >= 0 && step.before.concept.status === 'suggested'
  })
  return new Set(open.map(({ neuron }) => neuron)).size
}

/** Judgements a minute between the first and the last of the window; null for fewer than three. */
export function paceOf(times: readonly number[]): number | null {
  const last = times.at(-1) ?? 0
  const recent = times.filter((at) => at >= last - paceWindow)
  const first = recent[0] ?? 0
  if (recent.length < 3 || last === first) return null
  return (60_000 * (recent.length - 1)) / (last - first)
}
