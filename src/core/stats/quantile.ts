import { invariant } from '../../contract/failure.ts'

/**
 * Quantile with linear interpolation between order statistics (Hyndman and Fan 1996, type 7; the default of NumPy
 * and R): position probability x (n - 1). `values` need not be sorted and is left as it is.
 */
export function quantile(values: ArrayLike<number>, probability: number): number {
  return quantileOfSorted(Float64Array.from(values).toSorted(), probability)
}

/** `quantile` of values that are in ascending order already. */
export function quantileOfSorted(sorted: ArrayLike<number>, probability: number): number {
  invariant(sorted.length > 0, 'a quantile needs at least one value')
  invariant(probability >= 0 && probability <= 1, `a probability lies in [0, 1], not ${probability}`)
  const position = probability * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (high - low) * (position - below)
}
