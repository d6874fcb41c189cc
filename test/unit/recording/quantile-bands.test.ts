import { describe, expect, it } from 'vitest'
import { bandsOf } from '../../../src/core/recording/quantile-bands.ts'

describe('quantile bands of window maxima', () => {
  it('hold 500, 400, 90 and 9 of 1,000 windows, lower maxima in lower bands', () => {
    const maxima = Array.from({ length: 1000 }, (_, at) => (at * 7) % 1000)
    const bands = bandsOf(maxima)
    expect(bands.map(({ count }) => count)).toEqual([500, 400, 90, 9])
    expect(bands.map(({ low, high }) => [low, high])).toEqual([
      [0, 499],
      [500, 899],
      [900, 989],
      [990, 998],
    ])
    expect(bands.every(({ note }) => note === undefined)).toBe(true)
  })

  it('list up to five windows, evenly spread and ascending', () => {
    const bands = bandsOf(Array.from({ length: 1000 }, (_, at) => 999 - at))
    expect(bands[0]?.picked).toEqual([999, 874, 749, 625, 500])
    expect(bands[3]?.picked).toHaveLength(5)
  })

  it('say so when they hold fewer than 3 windows', () => {
    const bands = bandsOf([3, 1, 2, 4, 5, 9, 8, 7, 6, 0])
    expect(bands.map(({ count }) => count)).toEqual([5, 4, 1, 0])
    expect(bands.map(({ note }) => note ?? null)).toEqual([
      null,
      null,
      'only 1 window of the sample in this band',
      'no window of the sample in this band',
    ])
    expect(bands[3]).toMatchObject({ low: null, high: null, picked: [] })
  })

  it('give ties to the earlier window', () => {
    expect(bandsOf([1, 1, 1, 1]).map(({ picked }) => picked)).toEqual([[0, 1], [2, 3], [], []])
  })
})
