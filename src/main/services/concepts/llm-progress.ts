import type { Spending } from '../language-models/index.ts'

/** What work has cost so far, for people: dollars where a price is known, else tokens. */
export function moneyWords({
  cost,
  promptTokens,
  completionTokens,
}: Pick<Spending, 'cost' | 'promptTokens' | 'completionTokens'>): string {
  const tokens = `${(promptTokens + completionTokens).toLocaleString('en-US')} tokens`
  return cost === null ? tokens : `$${cost.toFixed(cost < 1 ? 4 : 2)} for ${tokens}`
}

/** How own sentences did against those of other neurons. */
export interface ControlSummary {
  readonly neurons: number
  readonly meanScore: number | null
  readonly meanControl: number | null
  /** Probability that a neuron's own sentence scores above one of another neuron. */
  readonly area: number | null
}

export function controlWords({ neurons, meanScore, meanControl, area }: ControlSummary): string {
  const number = (value: number | null) => (value === null ? 'not scoreable' : value.toFixed(3))
  return (
    `Control over ${neurons} neurons: their own sentences score ${number(meanScore)}, ` +
    `those of other neurons ${number(meanControl)}; area under the curve ${number(area)}`
  )
}
