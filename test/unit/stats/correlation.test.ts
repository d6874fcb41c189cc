import { describe, expect, it } from 'vitest'
import { areaUnderCurve } from '../../../src/core/stats/area-under-curve.ts'
import {
  pearson,
  pooledAbsoluteDeviationExplained,
  pooledPearson,
  pooledRSquared,
} from '../../../src/core/stats/correlation.ts'

const pairs = [
  { real: [0, 0, 10], simulated: [0, 2, 8] },
  { real: [0, 1, 0], simulated: [0, 4, 0] },
]

describe('explanation scores', () => {
  it('correlate over all tokens of all sequences, not sequence by sequence', () => {
    expect(pooledPearson(pairs)).toBeCloseTo(0.90557, 5)
    const meanOfSequences = pairs.reduce((sum, { real, simulated }) => sum + pearson(real, simulated)! / 2, 0)
    expect(meanOfSequences).toBeCloseTo(0.98536, 5)
  })

  it('have their r squared and absolute deviation', () => {
    expect(pooledRSquared(pairs)).toBeCloseTo(0.83168, 5)
    expect(pooledAbsoluteDeviationExplained(pairs)).toBeCloseTo(0.36364, 5)
  })

  it('are null, not 0, when a side is constant', () => {
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull()
    expect(pearson([1, 2, 3], [0.7, 0.7, 0.7])).toBeNull()
    expect(pearson([], [])).toBeNull()
    expect(pooledRSquared([{ real: [0, 0], simulated: [1, 0] }])).toBeNull()
    expect(pooledAbsoluteDeviationExplained([{ real: [0], simulated: [1] }])).toBeNull()
  })

  it('are null when an activation is not a number', () => {
    expect(pearson([1, Number.NaN, 3], [1, 2, 3])).toBeNull()
  })

  it('stay within [-1, 1]', () => {
    expect(pearson([0.1, 0.2, 0.3], [0.2, 0.4, 0.6])).toBeCloseTo(1, 12)
    expect(pearson([0.1, 0.2, 0.3], [0.6, 0.4, 0.2])!).toBeGreaterThanOrEqual(-1)
  })
})

describe('areaUnderCurve', () => {
  it('counts the pairs in which the positive wins, ties half', () => {
    expect(areaUnderCurve([3, 2], [1, 0])).toBe(1)
    expect(areaUnderCurve([0], [1, 2])).toBe(0)
    expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5)
    // Pairs: 1>0, 1=1, 1<2, 3>0, 3>1, 3>2: 4.5 of 6.
    expect(areaUnderCurve([3, 1], [2, 0, 1])).toBe(0.75)
  })

  it('is null without positives, without negatives, or with a NaN', () => {
    expect(areaUnderCurve([], [1])).toBeNull()
    expect(areaUnderCurve([1], [])).toBeNull()
    expect(areaUnderCurve([Number.NaN], [1])).toBeNull()
  })
})
