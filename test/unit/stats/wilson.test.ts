import { describe, expect, it } from 'vitest'
import { wilsonInterval } from '../../../src/core/stats/wilson.ts'

describe('wilsonInterval', () => {
  it.each([
    [29, 1000, 0.020266, 0.041338],
    [19, 1000, 0.012197, 0.029484],
    [0, 10, 0, 0.277533],
    [10, 10, 0.722467, 1],
  ])('of %i in %i is [%f, %f]', (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n)
    expect(interval.low).toBeCloseTo(low, 6)
    expect(interval.high).toBeCloseTo(high, 6)
    expect(interval).toMatchObject({ level: 0.95, method: 'wilson', resamples: 0 })
  })

  it('touches 0 and 1 exactly at the ends', () => {
    expect(wilsonInterval(0, 37).low).toBe(0)
    expect(wilsonInterval(37, 37).high).toBe(1)
  })

  it('refuses what is not a rate', () => {
    expect(() => wilsonInterval(0, 0)).toThrow('at least one trial')
    expect(() => wilsonInterval(3, 2)).toThrow('3 successes of 2')
  })
})
