import { invariant } from '../../contract/failure.ts'
import type { Interval } from '../../contract/result.ts'

/** The 97.5 % point of the standard normal distribution. */
const z = 1.959963984540054

/** 95 % Wilson score interval of a rate: `successes` of `n` trials, n >= 1 (Wilson 1927). Bounds lie in [0, 1]. */
export function wilsonInterval(successes: number, n: number): Interval {
  invariant(Number.isInteger(n) && n >= 1, `a rate needs at least one trial, not ${n}`)
  invariant(Number.isInteger(successes) && successes >= 0 && successes <= n, `${successes} successes of ${n} trials`)
  const rate = successes / n
  const denominator = 1 + (z * z) / n
  const centre = (rate + (z * z) / (2 * n)) / denominator
  const half = (z / denominator) * Math.sqrt((rate * (1 - rate)) / n + (z * z) / (4 * n * n))
  return {
    // Rounding would leave 1e-17 where the closed form is exactly 0 or 1.
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
    level: 0.95,
    method: 'wilson',
    resamples: 0,
  }
}
