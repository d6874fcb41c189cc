import { expect, test } from 'vitest'
import { histogramBins, histogramEdges } from '../../../src/core/recording/histogram.ts'
import { drawnHistogram } from '../../../src/main/services/neurons/page-histogram.ts'
import { scaleOf } from '../../../src/main/services/neurons/simulated-windows.ts'
import { statisticsOfLengths } from '../../../src/main/services/datasets/token-statistics.ts'

test('a drawn histogram has one edge more than counts, finite ones, and no empty bins at its ends', () => {
  const edges = histogramEdges().slice(1, -1)
  const counts = Array.from({ length: histogramBins }, () => 0)
  counts[31] = 5
  counts[33] = 2
  expect(drawnHistogram({ edges, counts })).toEqual({
    edges: [-(2 ** -8) * 1.5, 0, 2 ** -8 * 1.5, 2 ** -7],
    counts: [5, 0, 2],
  })
  counts[0] = 1
  counts[63] = 1
  const whole = drawnHistogram({ edges, counts })
  expect([whole.edges.length, whole.counts.length]).toEqual([65, 64])
  expect(whole.edges.every((edge, at) => at === 0 || edge > whole.edges[at - 1]!)).toBe(true)
  expect(whole.edges.every(Number.isFinite)).toBe(true)
})

test('predicted levels are scaled by least squares through 0, and never turned over', () => {
  const levels = [
    [1, 0, 0.5],
    [0, 1],
  ]
  expect(
    scaleOf(levels, [
      [2, 9, 1],
      [9, 3],
    ]),
  ).toBeCloseTo((2 + 0.5 + 3) / 2.25, 12)
  expect(
    scaleOf(levels, [
      [-2, 0, -1],
      [0, -3],
    ]),
  ).toBe(0)
  expect(scaleOf([[0, 0]], [[1, 1]])).toBe(0)
})

test('token lengths fall into powers of two, the longest in the last', () => {
  expect(statisticsOfLengths(Uint32Array.of(0, 1, 2, 3, 4, 16))).toEqual({
    documents: 6,
    tokens: 26,
    longest: 16,
    histogram: { edges: [0, 1, 2, 4, 8, 16, 32], counts: [1, 1, 2, 1, 0, 1] },
  })
})
