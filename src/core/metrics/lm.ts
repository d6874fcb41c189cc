import { z } from 'zod'
import type { Result } from '../../contract/result.ts'
import type { Metric, MetricContext } from './metric.ts'
import { countAsked, summariseLosses, type LossEstimator, type WindowLosses } from './window-losses.ts'

const params = z.strictObject({
  window: z.number().int().min(2).default(64).describe('Tokens per window; each window predicts one fewer'),
  tokens: z.number().int().positive().nullable().default(null).describe('Use the first so many tokens; null means all'),
})
export type LmParams = z.output<typeof params>

/** What the engine measured on one window of W tokens: W - 1 predictions, padding left out. */
export type LmWindow = WindowLosses

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
  objective: 'causal',
  estimators: [
    { id: 'lossNats', name: 'Loss (nats)', better: 'lower' },
    { id: 'perplexityExpMean', name: 'Perplexity: exp of the mean loss', better: 'lower' },
    { id: 'perplexityMeanExp', name: 'Perplexity: mean of exp(loss), as in taker', better: 'lower' },
    { id: 'top1', name: 'Top-1 accuracy', better: 'higher' },
    { id: 'top10', name: 'Top-10 accuracy', better: 'higher' },
  ],
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
): Record<LossEstimator, Result> {
  const { total, byIndex } = countAsked(windows)
  const shared = {
    ...context,
    seed: context.seed ?? 0,
    metric: lmMetric.id,
    unit: lmMetric.unit,
    params: {
      window: lmParams.window,
      tokens: total + windows.length,
      predictedTokens: total,
      ...(byIndex === null ? {} : { predictedTokensByIndex: byIndex }),
    },
  }
  const estimators = ['lossNats', 'perplexityExpMean', 'perplexityMeanExp', 'top1', 'top10'] as const
  return summariseLosses(windows, estimators, shared)
}
