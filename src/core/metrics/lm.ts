import { z } from 'zod'
import { invariant } from '../../contract/failure.ts'
import type { Result } from '../../contract/result.ts'
import { bootstrapRatioOfSums, ratioOfSums } from '../stats/bootstrap.ts'
import { type Metric, type MetricContext, type ResultHead, measured, resultOf, unmeasured } from './metric.ts'

const params = z.strictObject({
  window: z.number().int().min(2).default(64).describe('Tokens per window; each window predicts one fewer'),
  tokens: z.number().int().positive().nullable().default(null).describe('Use the first so many tokens; null means all'),
})
export type LmParams = z.output<typeof params>

/** What the engine measured on one window of W tokens: W - 1 predictions, padding left out. */
export interface LmWindow {
  /** Loss of each predicted token: negative natural logarithm of its probability. */
  readonly losses: ArrayLike<number>
  /** Per predicted token the number of logits strictly greater than the target's: 0 for a top-1 hit. */
  readonly ranks: ArrayLike<number>
}

type LmEstimator = 'lossNats' | 'perplexityExpMean' | 'perplexityMeanExp' | 'top1' | 'top10'

/**
 * Next-token prediction. All values are token-weighted, so windows may differ in length. `perplexityExpMean` is
 * exp(mean loss), the usual perplexity; `perplexityMeanExp` is mean(exp(loss)), which the code of selective pruning
 * reports under the same name: never compare one with the other.
 */
export const lmMetric: Metric<typeof params> = {
  id: 'lm',
  name: 'Language modelling',
  citation: 'Loss and perplexity; top-1 and top-10 accuracy as in selective pruning (arXiv 2403.01267)',
  params,
  presets: {},
  unit: 'window',
  needs: 'windows',
  estimators: [
    { id: 'lossNats', name: 'Loss (nats)', better: 'lower' },
    { id: 'perplexityExpMean', name: 'Perplexity: exp of the mean loss', better: 'lower' },
    { id: 'perplexityMeanExp', name: 'Perplexity: mean of exp(loss), as in taker', better: 'lower' },
    { id: 'top1', name: 'Top-1 accuracy', better: 'higher' },
    { id: 'top10', name: 'Top-10 accuracy', better: 'higher' },
  ],
}

interface WindowSums {
  readonly sums: Record<Exclude<LmEstimator, 'perplexityExpMean'>, Float64Array>
  readonly predicted: Float64Array
  readonly notFinite: number
}

/**
 * Results of `lm` over windows. 95 % intervals by percentile bootstrap over windows, seeded by `context.seed` (0 if
 * null); `byIndex` holds each window's own value. Result params add `tokens` (all tokens of the windows),
 * `predictedTokens` and, when windows differ in length, `predictedTokensByIndex`. A loss that is not finite fails every
 * result, because the ranks of its logits mean nothing either; an overflowing exp(loss) fails `perplexityMeanExp` alone.
 */
export function summariseLm(
  windows: readonly LmWindow[],
  lmParams: LmParams,
  context: MetricContext,
): Record<LmEstimator, Result> {
  const { sums, predicted, notFinite } = sumWindows(windows)
  const predictedTokens = predicted.reduce((sum, tokens) => sum + tokens, 0)
  const seed = context.seed ?? 0
  const shared = {
    ...context,
    seed,
    metric: lmMetric.id,
    unit: lmMetric.unit,
    params: {
      window: lmParams.window,
      tokens: predictedTokens + windows.length,
      predictedTokens,
      ...(predicted.every((tokens) => tokens === predicted[0]) ? {} : { predictedTokensByIndex: [...predicted] }),
    },
  }
  function summarise(estimator: LmEstimator, numerators: Float64Array, transform = identity): Result {
    const head: ResultHead = { ...shared, estimator }
    if (predictedTokens === 0) {
      return unmeasured(head, { kind: 'bad-data', message: 'There is no token to predict in this data' })
    }
    if (notFinite > 0) {
      return unmeasured(head, { kind: 'not-finite', message: `${notFinite} token losses are not finite numbers` })
    }
    return resultOf(head, () => {
      const value = transform(ratioOfSums({ numerators, denominators: predicted }))
      const byIndex = Array.from(numerators, (sum, at) => transform(sum / (predicted[at] as number)))
      return measured(head, value, bootstrapRatioOfSums(numerators, predicted, { seed, transform }), byIndex)
    })
  }
  return {
    lossNats: summarise('lossNats', sums.lossNats),
    perplexityExpMean: summarise('perplexityExpMean', sums.lossNats, Math.exp),
    perplexityMeanExp: summarise('perplexityMeanExp', sums.perplexityMeanExp),
    top1: summarise('top1', sums.top1),
    top10: summarise('top10', sums.top10),
  }
}

function sumWindows(windows: readonly LmWindow[]): WindowSums {
  const count = windows.length
  const sums = {
    lossNats: new Float64Array(count),
    perplexityMeanExp: new Float64Array(count),
    top1: new Float64Array(count),
    top10: new Float64Array(count),
  }
  const predicted = new Float64Array(count)
  let notFinite = 0
  for (let window = 0; window < count; window++) {
    const { losses, ranks } = windows[window] as LmWindow
    invariant(losses.length > 0, `window ${window} predicts at least one token`)
    invariant(losses.length === ranks.length, `window ${window} has a rank for every loss`)
    let loss = 0
    let exp = 0
    let top1 = 0
    let top10 = 0
    for (let at = 0; at < losses.length; at++) {
      const value = losses[at] as number
      const rank = ranks[at] as number
      if (!Number.isFinite(value)) notFinite += 1
      loss += value
      exp += Math.exp(value)
      if (rank < 1) top1 += 1
      if (rank < 10) top10 += 1
    }
    sums.lossNats[window] = loss
    sums.perplexityMeanExp[window] = exp
    sums.top1[window] = top1
    sums.top10[window] = top10
    predicted[window] = losses.length
  }
  return { sums, predicted, notFinite }
}

function identity(value: number): number {
  return value
}
