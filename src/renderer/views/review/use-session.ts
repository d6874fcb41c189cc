import { useRef, useState } from 'react'

/** What was done since the view was opened, for progress, pace and going back. */
export interface ReviewSession {
  /** Neurons that were judged, and not taken back. */
  readonly judged: number
  /** Judgements a minute over the last minutes; null before there is a pace. */
  readonly perMinute: number | null
  isJudged(neuron: string): boolean
  /** Remembers a step; `judges` when the neuron was settled by it. */
  did(neuron: string, judges: boolean): void
  /** Forgets the last step and tells which neuron it was about. */
  undid(): string | null
}

/** The pace is that of the last minutes. */
const paceWindow = 5 * 60_000

interface Step {
  readonly neuron: string
  readonly judges: boolean
  readonly at: number
}

export function useReviewSession(): ReviewSession {
  // Keys come faster than the page is drawn, so the truth is held beside the state.
  const held = useRef<readonly Step[]>([])
  const [steps, setSteps] = useState<readonly Step[]>([])
  const put = (next: readonly Step[]) => {
    held.current = next
    setSteps(next)
  }
  const judgements = steps.filter(({ judges }) => judges)
  return {
    judged: new Set(judgements.map(({ neuron }) => neuron)).size,
    perMinute: paceOf(judgements.map(({ at }) => at)),
    isJudged: (neuron) => judgements.some((step) => step.neuron === neuron),
    did: (neuron, judges) => put([...held.current, { neuron, judges, at: Date.now() }]),
    undid: () => {
      const last = held.current.at(-1) ?? null
      put(held.current.slice(0, -1))
      return last?.neuron ?? null
    },
  }
}

/** Judgements a minute between the first and the last of the window; null for fewer than three. */
export function paceOf(times: readonly number[]): number | null {
  const last = times.at(-1) ?? 0
  const recent = times.filter((at) => at >= last - paceWindow)
  const first = recent[0] ?? 0
  if (recent.length < 3 || last === first) return null
  return (60_000 * (recent.length - 1)) / (last - first)
}
