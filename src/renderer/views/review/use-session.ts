import { useMemo, useRef, useState } from 'react'
import type { ReviewQueue } from '../../../contract/workbench/review.ts'
import { ReviewSteps, type ReviewStep } from './review-steps.ts'

/** What was done since the view was opened, for progress, pace and going back. */
export interface ReviewSession {
  /** Neurons that were open in this queue and are judged since. */
  judgedIn(queue: ReviewQueue): number
  /** Judgements a minute over the last minutes; null before there is a pace. */
  readonly perMinute: number | null
  did(step: Omit<ReviewStep, 'at'>): ReviewStep
  /** Forgets a step that failed. */
  forget(step: ReviewStep): void
  undo(): ReviewStep | null
  wasUndone(expected: ReviewStep | null, neuron: string | null): boolean
  redo(neuron: string | null): ReviewStep | null
}

/** The pace is that of the last minutes. */
const paceWindow = 5 * 60_000

export function useReviewSession(): ReviewSession {
  // Keys come faster than the page is drawn, so the truth is held beside the state.
  const held = useRef<ReviewSteps>(null)
  const [steps, setSteps] = useState<readonly ReviewStep[]>([])
  const acts = useMemo(() => {
    const truth = (held.current ??= new ReviewSteps())
    const shown = <T>(answer: T): T => {
      setSteps(truth.done)
      return answer
    }
    return {
      did(step: Omit<ReviewStep, 'at'>): ReviewStep {
        const done = { ...step, at: Date.now() }
        truth.did(done)
        return shown(done)
      },
      forget: (step: ReviewStep) => shown(truth.forget(step)),
      undo: () => shown(truth.undo()),
      wasUndone: (expected: ReviewStep | null, neuron: string | null) => shown(truth.wasUndone(expected, neuron)),
      redo: (neuron: string | null) => shown(truth.redo(neuron)),
    }
  }, [])
  const judgements = steps.filter(({ kind }) => kind === 'judged')
  return {
    ...acts,
    judgedIn: (queue) => countJudged(judgements, queue),
    perMinute: paceOf(judgements.map(({ at }) => at)),
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
