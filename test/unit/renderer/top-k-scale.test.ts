import { describe, expect, it } from 'vitest'
import {
  describeK,
  fractionOfK,
  kAfterKey,
  kOfFraction,
  kOfPercent,
  kOfThreshold,
} from '../../../src/renderer/components/top-k-scale.ts'

describe('the scale of the top-k slider', () => {
  it('starts at 0 and ends at the largest k on both scales', () => {
    for (const scale of ['linear', 'log'] as const) {
      expect(fractionOfK(0, 3072, scale)).toBe(0)
      expect(fractionOfK(3072, 3072, scale)).toBe(1)
    }
  })

  it('gives back every k of a small model', () => {
    for (const scale of ['linear', 'log'] as const) {
      for (let k = 0; k <= 3072; k++) expect(kOfFraction(fractionOfK(k, 3072, scale), 3072, scale)).toBe(k)
    }
  })

  it('gives the first 10 % more than half of the slider on the logarithmic scale', () => {
    expect(fractionOfK(307, 3072, 'linear')).toBeCloseTo(0.0999, 4)
    expect(fractionOfK(307, 3072, 'log')).toBeGreaterThan(0.6)
  })

  it('stays inside the slider whatever comes in', () => {
    expect(fractionOfK(-5, 100, 'log')).toBe(0)
    expect(fractionOfK(500, 100, 'linear')).toBe(1)
    expect(kOfFraction(1.5, 100, 'log')).toBe(100)
    expect(fractionOfK(5, 0, 'log')).toBe(0)
  })

  it('moves by 1, by 10, with Shift ten times as far, and to the ends', () => {
    expect(kAfterKey(192, 3072, 'ArrowRight', false)).toBe(193)
    expect(kAfterKey(192, 3072, 'ArrowDown', false)).toBe(191)
    expect(kAfterKey(192, 3072, 'ArrowRight', true)).toBe(202)
    expect(kAfterKey(192, 3072, 'PageUp', false)).toBe(202)
    expect(kAfterKey(192, 3072, 'PageDown', true)).toBe(92)
    expect(kAfterKey(4, 3072, 'PageDown', false)).toBe(0)
    expect(kAfterKey(192, 3072, 'Home', false)).toBe(0)
    expect(kAfterKey(192, 3072, 'End', false)).toBe(3072)
    expect(kAfterKey(192, 3072, 'a', false)).toBeNull()
  })

  it('rounds a percent as the plan does', () => {
    expect(kOfPercent(0.5, 3072, 3072)).toBe(15)
    expect(kOfPercent(6.25, 3072, 3072)).toBe(192)
    expect(kOfPercent(100, 3072, 439)).toBe(439)
  })

  it('counts the neurons at or above a score, pinned ones first whatever their score', () => {
    const scores = new Float32Array([Number.NaN, 0.1, 0.75, 0.5, 0.5, 0.25])
    expect(kOfThreshold(scores, 2, 0.5)).toBe(5)
    expect(kOfThreshold(scores, 2, 0.51)).toBe(3)
    expect(kOfThreshold(scores, 2, 9)).toBe(2)
    expect(kOfThreshold(scores, 2, -9)).toBe(6)
  })

  it('says how many of how many', () => {
    expect(describeK(192, 3072)).toBe('192 of 3,072 neurons (6.25 %)')
    expect(describeK(0, 3072)).toBe('0 of 3,072 neurons (0 %)')
  })
})
