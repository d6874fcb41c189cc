import { invariant } from '../../contract/failure.ts'

/** The true and the simulated activations of one sequence, token by token. */
export interface ActivationPair {
  readonly real: ArrayLike<number>
  readonly simulated: ArrayLike<number>
}

/**
 * Pearson correlation of two equally long series; null (not scoreable, never 0) when either is constant or empty.
 * Two passes in float64.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  invariant(x.length === y.length, `a correlation needs equal lengths, not ${x.length} and ${y.length}`)
  // Tested on the values: the rounding of a mean can give a constant series a variance above 0.
  if (isConstant(x) || isConstant(y)) return null
  const n = x.length
  const meanX = meanOf(x)
  const meanY = meanOf(y)
  let xx = 0
  let yy = 0
  let xy = 0
  for (let at = 0; at < n; at++) {
    const dx = (x[at] as number) - meanX
    const dy = (y[at] as number) - meanY
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  const correlation = xy / (Math.sqrt(xx) * Math.sqrt(yy))
  return Number.isFinite(correlation) ? Math.max(-1, Math.min(1, correlation)) : null
}

/**
 * Pearson correlation over the concatenation of all tokens of all sequences: the `ev_correlation_score` of the OpenAI
 * explanation score. It is not the mean of the sequences' own correlations.
 */
export function pooledPearson(pairs: readonly ActivationPair[]): number | null {
  const { real, simulated } = pool(pairs)
  return pearson(real, simulated)
}

/** `rsquared` of the same score: 1 - mean squared error / mean squared true value, pooled; null when all are 0. */
export function pooledRSquared(pairs: readonly ActivationPair[]): number | null {
  const { real, simulated } = pool(pairs)
  let error = 0
  let total = 0
  for (let at = 0; at < real.length; at++) {
    error += ((real[at] as number) - (simulated[at] as number)) ** 2
    total += (real[at] as number) ** 2
  }
  return total > 0 && Number.isFinite(error / total) ? 1 - error / total : null
}

/** `absolute_dev_explained` of the same score: 1 - mean |t - s| / mean |t|, pooled; null when all true values are 0. */
export function pooledAbsoluteDeviationExplained(pairs: readonly ActivationPair[]): number | null {
  const { real, simulated } = pool(pairs)
  let error = 0
  let total = 0
  for (let at = 0; at < real.length; at++) {
    error += Math.abs((real[at] as number) - (simulated[at] as number))
    total += Math.abs(real[at] as number)
  }
  return total > 0 && Number.isFinite(error / total) ? 1 - error / total : null
}

function pool(pairs: readonly ActivationPair[]): { real: Float64Array; simulated: Float64Array } {
  let length = 0
  for (const pair of pairs) {
    invariant(pair.real.length === pair.simulated.length, 'every token has a true and a simulated activation')
    length += pair.real.length
  }
  const real = new Float64Array(length)
  const simulated = new Float64Array(length)
  let offset = 0
  for (const pair of pairs) {
    real.set(pair.real, offset)
    simulated.set(pair.simulated, offset)
    offset += pair.real.length
  }
  return { real, simulated }
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += values[at] as number
  return sum / values.length
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let at = 1; at < values.length; at++) if (values[at] !== values[0]) return false
  return true
}
