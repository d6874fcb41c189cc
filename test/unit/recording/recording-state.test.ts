import { describe, expect, test } from 'vitest'
import { halfValue } from '../../../src/core/numbers/half.ts'
import { histogramBins } from '../../../src/core/recording/histogram.ts'
import { noWindow } from '../../../src/core/recording/recording-format.ts'
import { RecordingState, type LayerBatch } from '../../../src/core/recording/recording-state.ts'
import { TopWindows } from '../../../src/core/recording/top-windows.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

/** A batch as the engine returns it, from activations [window][token][neuron]; what is beyond a length is padding. */
function batchOf(windows: number[][][], lengths: readonly number[], firstNeuron: number): LayerBatch {
  const width = windows[0]![0]!.length
  const valid = windows.flatMap((tokens, w) => tokens.slice(0, lengths[w]))
  const sum = (value: (activation: number) => number): Float32Array =>
    Float32Array.from({ length: width }, (_, j) => valid.reduce((total, token) => total + value(token[j]!), 0))
  return {
    firstNeuron,
    width,
    countPositive: sum((z) => (z > 0 ? 1 : 0)),
    sum: sum((z) => z),
    sumAbs: sum(Math.abs),
    sumSquares: sum((z) => z * z),
    windowMax: Float32Array.from(
      windows.flatMap((tokens) => tokens[0]!.map((_, j) => Math.max(...tokens.map((token) => token[j]!)))),
    ),
    activations: Float32Array.from(windows.flat(2)),
  }
}

describe('the state of a recording', () => {
  const windows = [
    [
      [1, -2],
      [3, -4],
    ],
    [
      [0.5, 7],
      [900, 900],
    ],
    [
      [-1, -1],
      [-2, 0],
    ],
  ]
  const lengths = [2, 1, 2]

  test('adds up the tokens that count and takes maxima over them; padding is nowhere', () => {
    const state = new RecordingState(3, 2, Uint32Array.of(1, 2))
    state.addLayer(batchOf(windows, lengths, 1), 0, Int32Array.from(lengths))
    const part = (n: number) => [...state.statistics.subarray(3 * n, 3 * n + 3)]
    expect(part(0)).toEqual([0, 3, 1])
    expect(part(1)).toEqual([0, 1 + 3 + 0.5 - 1 - 2, -2 - 4 + 7 - 1])
    expect(part(2)).toEqual([0, 7.5, 14])
    expect(part(3)).toEqual([0, 1 + 9 + 0.25 + 1 + 4, 4 + 16 + 49 + 1])
    expect(part(4)).toEqual([-Infinity, 3, 7])
  })

  test('samples the maxima and the histogram of the chosen windows alone', () => {
    const state = new RecordingState(3, 2, Uint32Array.of(1, 2))
    state.addLayer(batchOf(windows, lengths, 1), 0, Int32Array.from(lengths))
    expect([...state.sampleMaxima].map(halfValue)).toEqual([0, 0.5, 7, 0, -1, 0])
    const counts = (neuron: number) => {
      const bins = state.histogram.subarray(neuron * histogramBins, (neuron + 1) * histogramBins)
      return Object.fromEntries([...bins.entries()].filter(([, count]) => count > 0))
    }
    expect(counts(0)).toEqual({})
    // 0.5, -1 and -2; 7, -1 and 0.
    expect(counts(1)).toEqual({ 46: 1, 15: 1, 13: 1 })
    expect(counts(2)).toEqual({ 53: 1, 15: 1, 32: 1 })
  })

  test('is the same whatever the batches, where sums are exact', () => {
    const random = createRandom(6)
    const many = Array.from({ length: 60 }, () =>
      Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => (random.integer(41) - 20) / 4)),
    )
    const tokens = many.map(() => 1 + random.integer(3))
    const states = [1, 7, 60].map((size) => {
      const state = new RecordingState(4, 3, Uint32Array.of(0, 5, 59))
      for (let start = 0; start < 60; start += size) {
        const own = tokens.slice(start, start + size)
        state.addLayer(batchOf(many.slice(start, start + size), own, 0), start, Int32Array.from(own))
      }
      return state.arrays().map((array) => [...array])
    })
    expect(states[1]).toEqual(states[0])
    expect(states[2]).toEqual(states[0])
  })
})

describe('top windows', () => {
  function offerAll(maxima: readonly number[]): { windows: number[]; maxima: number[] } {
    const top = new TopWindows(1, 1)
    const buffer = new Float32Array(1)
    for (const [window, value] of maxima.entries()) {
      buffer[0] = value
      top.offer(window, 1, 0, 1, buffer, 0, new Uint32Array(buffer.buffer), 0)
    }
    const used = top.windows.findIndex((window) => window === noWindow)
    const count = used === -1 ? 20 : used
    expect([...top.activations.subarray(0, count)].map(halfValue)).toEqual([...top.maxima.subarray(0, count)])
    return { windows: [...top.windows.subarray(0, count)], maxima: [...top.maxima.subarray(0, count)] }
  }

  test('are the 20 largest of any sequence, ties to the earlier', () => {
    const random = createRandom(9)
    for (let round = 0; round < 50; round++) {
      const values = Array.from({ length: random.integer(90) }, () => random.integer(30) - 15)
      const order = values.map((_, at) => at).sort((a, b) => values[b]! - values[a]! || a - b)
      const expected = order.slice(0, 20)
      expect(offerAll(values)).toEqual({ windows: expected, maxima: expected.map((at) => values[at]!) })
    }
  })

  test('of equal windows are the first 20', () => {
    expect(offerAll(Array.from({ length: 30 }, () => 0)).windows).toEqual(Array.from({ length: 20 }, (_, at) => at))
  })

  test('hold windows that never reach 0', () => {
    expect(offerAll([-5, -1, -3])).toEqual({ windows: [1, 2, 0], maxima: [-1, -3, -5] })
  })

  test('keep the activations of their window as it moves down the list, short ones padded with 0', () => {
    const top = new TopWindows(2, 3)
    const offer = (window: number, values: number[], length: number) => {
      // Two neurons: the second sees the negatives.
      const activations = Float32Array.from(values.flatMap((value) => [value, -value]))
      const valid = values.slice(0, length)
      const maxima = Float32Array.of(Math.max(...valid), Math.max(...valid.map((value) => -value)))
      top.offer(window, length, 0, 2, maxima, 0, new Uint32Array(activations.buffer), 0)
    }
    offer(0, [1, 2, 3], 3)
    offer(1, [9, 8, 99], 2)
    offer(2, [4, -6, 5], 3)
    const listed = (neuron: number) =>
      [0, 1, 2].map((place) => {
        const at = 20 * neuron + place
        return [top.windows[at], ...[...top.activations.subarray(3 * at, 3 * at + 3)].map(halfValue)]
      })
    expect(listed(0)).toEqual([
      [1, 9, 8, 0],
      [2, 4, -6, 5],
      [0, 1, 2, 3],
    ])
    expect(listed(1)).toEqual([
      [2, -4, 6, -5],
      [0, -1, -2, -3],
      [1, -9, -8, 0],
    ])
  })
})
