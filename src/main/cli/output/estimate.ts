import type { Estimate } from '../../services/language-models/index.ts'
import { formatCount } from './numbers.ts'
import { formatPairs } from './table.ts'

/** What requests to a language model would take, for people; in batches nobody knows how long. */
export function estimateText(estimate: Estimate, more: readonly [string, string][] = [], inBatches = false): string {
  const { calls, answered, promptTokens, mostCompletionTokens, mostCost, seconds, tokenizer } = estimate
  const unknownTime = inBatches ? 'unknown: as long as the server takes for a batch' : 'unknown until the first answers'
  return formatPairs([
    ['sent to', `${estimate.host}, ${estimate.model}`],
    ...more,
    ['calls', `${formatCount(calls)}${answered === 0 ? '' : `, ${formatCount(answered)} more are answered already`}`],
    [
      'prompt tokens',
      `${formatCount(promptTokens)} (${tokenizer.name}${tokenizer.exact ? '' : ', not this model’s own'})`,
    ],
    ['answer tokens', `at most ${formatCount(mostCompletionTokens)}`],
    ['cost', mostCost === null ? 'no price is known for this model' : `at most $${mostCost.toFixed(4)}`],
    ['time', seconds === null ? unknownTime : `about ${Math.ceil(seconds)} s`],
  ])
}
