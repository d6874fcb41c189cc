import { SnipError } from '../../contract/failure.ts'
import type { Measured } from '../../contract/result.ts'
import { type PairedDifference, type RatioUnits, pairedBootstrapDifference } from '../stats/bootstrap.ts'

/**
 * Difference of two results of the same estimator over the same units (second minus first: pruned minus original), with
 * a paired bootstrap interval. Windows count by their predicted tokens. Throws `bad-argument` when the two do not pair.
 */
export function pairedDifference(first: Measured, second: Measured, seed: number): PairedDifference {
  const sameMeasure = first.metric === second.metric && first.estimator === second.estimator
  const sameUnits = first.unit === second.unit && first.n === second.n && first.dataHash === second.dataHash
  const sameParams = JSON.stringify(first.params) === JSON.stringify(second.params)
  if (!sameMeasure || !sameUnits || !sameParams) {
    throw new SnipError(
      'bad-argument',
      `${first.metric} ${first.estimator} over ${first.n} and ${second.metric} ${second.estimator} over ${second.n} ` +
        'units are not of the same data',
      { remedy: 'Compare two runs of one metric with the same data and the same parameters.' },
    )
  }
  const weights = weightsOf(first)
  const expOfMean = first.estimator === 'perplexityExpMean'
  return pairedBootstrapDifference(unitsOf(first, weights, expOfMean), unitsOf(second, weights, expOfMean), {
    seed,
    ...(expOfMean ? { transform: Math.exp } : {}),
  })
}

function unitsOf(result: Measured, weights: readonly number[], expOfMean: boolean): RatioUnits {
  return {
    numerators: result.byIndex.map((value, at) => (expOfMean ? Math.log(value) : value) * (weights[at] as number)),
    denominators: weights,
  }
}

function weightsOf(result: Measured): number[] {
  const tokens = result.params['predictedTokensByIndex']
  if (Array.isArray(tokens) && tokens.length === result.n) return tokens.map(Number)
  return result.byIndex.map(() => 1)
}
