import type { ActivationPair } from '../../stats/correlation.ts'

/** How simulated activations are brought to the scale of the true ones. */
export const calibrations = ['none', 'linear', 'percentile'] as const
export type Calibration = (typeof calibrations)[number]

/**
 * A map from simulated to true activations, fitted on calibration sequences. `linear`: least squares; `percentile`: the simulated value
 * at a quantile becomes the true value at that quantile, straight between the fitted ones and flat beyond them (OpenAI's
 * calibrators). Null when there is nothing to fit on: no token, or constant simulations for `linear`.
 */
export function fitCalibration(
  calibration: Calibration,
  pairs: readonly ActivationPair[],
): ((simulated: number) => number) | null {
  if (calibration === 'none') return (simulated) => simulated
  const simulated = pairs.flatMap((pair) => Array.from(pair.simulated))
  const real = pairs.flatMap((pair) => Array.from(pair.real))
  if (simulated.length === 0) return null
  return calibration === 'linear' ? fitLine(simulated, real) : fitPercentiles(simulated, real)
}

function fitLine(x: readonly number[], y: readonly number[]): ((value: number) => number) | null {
  const meanX = x.reduce((sum, value) => sum + value, 0) / x.length
  const meanY = y.reduce((sum, value) => sum + value, 0) / y.length
  let xx = 0
  let xy = 0
  for (let i = 0; i < x.length; i++) {
    xx += (x[i]! - meanX) ** 2
    xy += (x[i]! - meanX) * (y[i]! - meanY)
  }
  if (!(xx > 0)) return null
  const slope = xy / xx
  return (value) => meanY + slope * (value - meanX)
}

function fitPercentiles(x: readonly number[], y: readonly number[]): (value: number) => number {
  const from = x.toSorted((a, b) => a - b)
  const to = y.toSorted((a, b) => a - b)
  return (value) => {
    if (value <= from[0]!) return to[0]!
    if (value >= from.at(-1)!) return to.at(-1)!
    let low = 0
    let high = from.length - 1
    // The last place at or below the value, so that equal simulations map alike.
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (from[middle]! <= value) low = middle
      else high = middle - 1
    }
    const width = from[low + 1]! - from[low]!
    return to[low]! + ((value - from[low]!) / width) * (to[low + 1]! - to[low]!)
  }
}
