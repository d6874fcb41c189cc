import { invariant } from '../../contract/failure.ts'
import type { Result } from '../../contract/result.ts'
import { bootstrapRatioOfSums, ratioOfSums } from '../stats/bootstrap.ts'
import { measured, resultOf, unmeasured, type ResultHead } from './metric.ts'

/** What the engine measured on one window: a number for each token that was asked for. */
export interface WindowLosses {
  /** Loss of each token: negative natural logarithm of its probability. */
  readonly losses: ArrayLike<number>
  /** Per token the number of logits strictly greater than its own: 0 for a top-1 hit. */
  readonly ranks: ArrayLike<number>
}

/** All are token-weighted. `perplexityExpMean` is exp(mean loss), `perplexityMeanExp` mean(exp(loss)). */
export type LossEstimator = 'lossNats' | 'perplexityExpMean' | 'perplexityMeanExp' | 'top1' | 'top10'

type LossResultHead = Omit<ResultHead, 'estimator' | 'seed'> & { readonly seed: number }

interface WindowSums {
  readonly sums: Record<Exclude<LossEstimator, 'perplexityExpMean'>, Float64Array>
  readonly asked: Float64Array
  readonly notFinite: number
}

/** Tokens that were asked for: in all, and by window where windows differ. */
export function countAsked(windows: readonly WindowLosses[]): { total: number; byIndex: number[] | null } {
  const counts = windows.map(({ losses }) => losses.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return { total, byIndex: counts.every((count) => count === counts[0]) ? null : counts }
}

/**
 * Results over windows by estimator. 95 % intervals by percentile bootstrap over windows, seeded by `shared.seed`; `byIndex` holds each
 * window's own value. A loss that is not finite fails every result, because the ranks of its logits mean nothing either.
 */
export function summariseLosses<E extends LossEstimator>(
  windows: readonly WindowLosses[],
  estimators: readonly E[],
  shared: LossResultHead,
): Record<E, Result> {
  const { sums, asked, notFinite } = sumWindows(windows)
  const { seed } = shared
  const results = estimators.map((estimator): [E, Result] => {
    const head: ResultHead = { ...shared, estimator }
    if (windows.length === 0) {
      return [estimator, unmeasured(head, { kind: 'bad-data', message: 'There is no token to predict in this data' })]
    }
    if (notFinite > 0) {
      const message = `${notFinite} token losses are not finite numbers`
      return [estimator, unmeasured(head, { kind: 'not-finite', message })]
    }
    const measure: LossEstimator = estimator
    const numerators = sums[measure === 'perplexityExpMean' ? 'lossNats' : measure]
    const transform = measure === 'perplexityExpMean' ? Math.exp : identity
    const take = () => {
      const value = transform(ratioOfSums({ numerators, denominators: asked }))
      const byIndex = Array.from(numerators, (sum, at) => transform(sum / (asked[at] as number)))
      return measured(head, value, bootstrapRatioOfSums(numerators, asked, { seed, transform }), byIndex)
    }
    return [estimator, resultOf(head, take)]
  })
  return Object.fromEntries(results) as Record<E, Result>
}

function sumWindows(windows: readonly WindowLosses[]): WindowSums {
  const count = windows.length
  const sums = {
    lossNats: new Float64Array(count),
    perplexityMeanExp: new Float64Array(count),
    top1: new Float64Array(count),
    top10: new Float64Array(count),
  }
  const asked = new Float64Array(count)
  let notFinite = 0
  for (let window = 0; window < count; window++) {
    const { losses, ranks } = windows[window] as WindowLosses
    invariant(losses.length > 0, `window ${window} asks for at least one token`)
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
    asked[window] = losses.length
  }
  return { sums, asked, notFinite }
}

function identity(value: number): number {
  return value
}
