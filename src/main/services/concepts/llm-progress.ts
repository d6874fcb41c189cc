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
