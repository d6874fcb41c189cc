import { describe, expect, it } from 'vitest'
import {
  bootstrapRatioOfSums,
  pairedBootstrapDifference,
  percentileBootstrap,
  ratioOfSums,
} from '../../../src/core/stats/bootstrap.ts'
import { quantile } from '../../../src/core/stats/quantile.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('quantile', () => {
  it('interpolates linearly between order statistics, as NumPy does', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75)
    expect(quantile([10, 20], 0.025)).toBeCloseTo(10.25, 12)
    expect(quantile([7], 0.975)).toBe(7)
    expect(quantile([3, 1, 2], 1)).toBe(3)
  })
})

describe('percentileBootstrap', () => {
  it('gives one point when all units agree', () => {
    expect(percentileBootstrap([2, 2, 2], (units) => units[0]!, { seed: 0 })).toEqual({
      low: 2,
      high: 2,
      level: 0.95,
      method: 'percentile-bootstrap',
      resamples: 2000,
    })
  })

  it('of the mean of two units 0 and 1 spans [0, 1]: both ends have probability 1/4', () => {
    const interval = percentileBootstrap([0, 1], (units) => (units[0]! + units[1]!) / 2, { seed: 1 })
    expect([interval.low, interval.high]).toEqual([0, 1])
  })

  it('of a mean has the width that the normal approximation gives', () => {
    const random = createRandom(11)
    const units = Array.from({ length: 400 }, () => random.normal())
    const interval = percentileBootstrap(units, mean, { seed: 1 })
    const deviation = Math.sqrt(units.reduce((sum, value) => sum + (value - mean(units)) ** 2, 0) / units.length)
    const expected = (2 * 1.96 * deviation) / Math.sqrt(units.length)
    expect(Math.abs((interval.high - interval.low) / expected - 1)).toBeLessThan(0.08)
  })

  it('equals the fast path for a ratio of sums, resample by resample', () => {
    const losses = [10, 30, 5, 8, 22]
    const tokens = [4, 10, 2, 4, 9]
    const units = losses.map((loss, at) => ({ loss, tokens: tokens[at]! }))
    const slow = percentileBootstrap(
      units,
      (drawn) =>
        Math.exp(drawn.reduce((sum, unit) => sum + unit.loss, 0) / drawn.reduce((sum, unit) => sum + unit.tokens, 0)),
      { seed: 5, resamples: 200 },
    )
    expect(bootstrapRatioOfSums(losses, tokens, { seed: 5, resamples: 200, transform: Math.exp })).toEqual(slow)
    expect(slow.low).toBeLessThan(Math.exp(75 / 29))
    expect(slow.high).toBeGreaterThan(Math.exp(75 / 29))
  })

  it('gives the same interval for the same seed and another for another seed', () => {
    const random = createRandom(1)
    const losses = Array.from({ length: 50 }, () => random.uniform())
    const ones = losses.map(() => 1)
    const first = bootstrapRatioOfSums(losses, ones, { seed: 1 })
    expect(bootstrapRatioOfSums(losses, ones, { seed: 1 })).toEqual(first)
    expect(bootstrapRatioOfSums(losses, ones, { seed: 2 })).not.toEqual(first)
  })

  it('draws every unit equally often', () => {
    const counts = [0, 0, 0]
    const count = (drawn: readonly number[]) => {
      for (const unit of drawn) counts[unit]! += 1
      return 0
    }
    percentileBootstrap([0, 1, 2], count, { seed: 4, resamples: 10_000 })
    for (const drawn of counts) expect(Math.abs(drawn - 10_000)).toBeLessThan(300)
  })

  it('refuses a resample that is not finite', () => {
    expect(() => bootstrapRatioOfSums([1, 2], [0, 0], { seed: 1 })).toThrow('not finite')
  })
})

describe('pairedBootstrapDifference', () => {
  it('has no width when every unit shifts by the same amount', () => {
    const first = { numerators: [1, 50, 3], denominators: [1, 1, 1] }
    const second = { numerators: [3, 52, 5], denominators: [1, 1, 1] }
    const { difference, ci } = pairedBootstrapDifference(first, second, { seed: 3 })
    expect(difference).toBeCloseTo(2, 12)
    expect(ci.low).toBeCloseTo(2, 12)
    expect(ci.high).toBeCloseTo(2, 12)
  })

  it('transforms each run before the difference is taken', () => {
    const first = { numerators: [2, 4], denominators: [2, 4] }
    const second = { numerators: [4, 8], denominators: [2, 4] }
    const { difference } = pairedBootstrapDifference(first, second, { seed: 3, transform: Math.exp })
    expect(difference).toBeCloseTo(Math.exp(2) - Math.exp(1), 12)
    expect(ratioOfSums(second)).toBe(2)
  })

  it('refuses runs over different numbers of units', () => {
    const one = { numerators: [1], denominators: [1] }
    const two = { numerators: [1, 2], denominators: [1, 1] }
    expect(() => pairedBootstrapDifference(one, two, { seed: 0 })).toThrow('paired units')
  })
})
