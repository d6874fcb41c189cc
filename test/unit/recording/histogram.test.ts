import { describe, expect, test } from 'vitest'
import {
  histogramBin,
  histogramBins,
  histogramBinTable,
  histogramEdges,
} from '../../../src/core/recording/histogram.ts'
import { bandsOf } from '../../../src/core/recording/quantile-bands.ts'

const scratch = new DataView(new ArrayBuffer(4))

function bitsOf(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}

const binOf = (value: number): number => histogramBin(bitsOf(value))

describe('a histogram', () => {
  test('has 65 edges in ascending order, symmetric about 0: half octaves from 2^-8 x 1.5 to 2^7 x 1.5', () => {
    const edges = histogramEdges()
    expect(edges).toHaveLength(histogramBins + 1)
    expect(edges).toEqual(edges.toSorted((a, b) => a - b))
    expect(edges.slice(32, 36)).toEqual([0, 1.5 * 2 ** -8, 2 ** -7, 1.5 * 2 ** -7])
    expect(edges.slice(-2)).toEqual([192, Infinity])
    for (const [i, edge] of edges.entries()) expect(edges[64 - i]).toBe(edge === 0 ? 0 : -edge)
  })

  test('puts every edge and its neighbours into the bins on their sides', () => {
    const edges = histogramEdges()
    for (let bin = 33; bin < 64; bin++) {
      const edge = edges[bin]!
      scratch.setFloat32(0, edge)
      const below = scratch.getUint32(0) - 1
      expect(binOf(edge)).toBe(bin)
      expect(histogramBin(below)).toBe(bin - 1)
      // Negative numbers mirror: the edge belongs to the side away from zero.
      expect(binOf(-edge)).toBe(63 - bin)
      expect(histogramBin((below | 0x80000000) >>> 0)).toBe(64 - bin)
    }
  })

  test.each([
    [0, 32],
    [-0, 31],
    [1e-40, 32],
    [-1e-40, 31],
    [1, 32 + 16],
    [1.5, 32 + 17],
    [-1, 31 - 16],
    [1e30, 63],
    [-1e30, 0],
    [Infinity, 63],
  ])('counts %s in bin %s', (value, bin) => {
    expect(binOf(value)).toBe(bin)
  })

  test('depends on the upper ten bits alone', () => {
    const table = histogramBinTable()
    expect(table).toHaveLength(1024)
    for (let upper = 0; upper < 1024; upper++) {
      for (const lower of [0, 1, 0x3fffff]) {
        expect(histogramBin(((upper << 22) | lower) >>> 0)).toBe(table[upper])
      }
    }
  })
})

describe('quantile bands', () => {
  test('of a thousand windows hold 500, 400, 90 and 9; the last one is above 0.999', () => {
    const maxima = Array.from({ length: 1000 }, (_, i) => (i * 387) % 1000)
    const bands = bandsOf(maxima)
    expect(bands.map(({ from, to, count, low, high }) => [from, to, count, low, high])).toEqual([
      [0, 0.5, 500, 0, 499],
      [0.5, 0.9, 400, 500, 899],
      [0.9, 0.99, 90, 900, 989],
      [0.99, 0.999, 9, 990, 998],
    ])
    for (const { picked, count, note } of bands) {
      expect(note).toBeUndefined()
      const values = picked.map((at) => maxima[at]!)
      expect(values).toHaveLength(Math.min(5, count))
      expect(values).toEqual(values.toSorted((a, b) => a - b))
    }
    expect(bands[0]!.picked.map((at) => maxima[at])).toEqual([0, 125, 250, 374, 499])
  })

  test('that are thin say so', () => {
    const bands = bandsOf([5, 1, 3, 2, 4])
    // Quantiles 0.1, 0.3, 0.5, 0.7, 0.9.
    expect(bands.map(({ count }) => count)).toEqual([2, 2, 1, 0])
    expect(bands.map(({ note }) => note)).toEqual([
      'only 2 windows of the sample in this band',
      'only 2 windows of the sample in this band',
      'only 1 window of the sample in this band',
      'no window of the sample in this band',
    ])
    expect(bands[3]).toMatchObject({ low: null, high: null, picked: [] })
    expect(bandsOf([]).map(({ count }) => count)).toEqual([0, 0, 0, 0])
  })

  test('take equal maxima in the order of their windows', () => {
    expect(bandsOf([1, 1, 1, 1])[0]!.picked).toEqual([0, 1])
    expect(bandsOf([1, 0, 1, 0])[0]!.picked).toEqual([1, 3])
  })
})
