import { describe, expect, test } from 'vitest'
import { halfBits } from '../../../src/core/numbers/half.ts'
import { WindowMaxima } from '../../../src/main/services/neurons/related-neurons.ts'

/** A recording's sample whose window maxima are given per neuron. */
function readerOf(maxima: readonly (readonly number[])[]) {
  const sampled = maxima[0]!.length
  const bits = (value: number) => halfBits(new Uint32Array(Float32Array.of(value).buffer)[0]!)
  return {
    manifest: { neurons: maxima.length, sampled } as never,
    sampledMaxima: (place: number) => Uint16Array.from(maxima, (own) => bits(own[place]!)),
  }
}

const relatedNeurons = async (reader: ReturnType<typeof readerOf>, row: number, count: number) =>
  (await WindowMaxima.read(reader)).related(row, count)

describe('neurons that are alike', () => {
  const base = [0, 1, 0, 4, 2, 0, 0, 3]

  test('are ordered by the correlation of their window maxima, whatever their size and offset', async () => {
    const reader = readerOf([
      base,
      base.map((value) => 10 * value + 3),
      base.map((value, at) => (at === 7 ? 0 : value)),
      base.map((value) => -value),
      base.map(() => 5),
      [1, 0, 0, 0, 0, 0, 0, 0],
    ])
    const related = await relatedNeurons(reader, 0, 10)
    expect(related.map(({ row }) => row)).toEqual([1, 2])
    expect(related[0]!.correlation).toBeCloseTo(1, 6)
    const n = 8
    const [sx, sy, sxx, syy, sxy] = [10, 7, 30, 21, 21] as const
    const expected = (n * sxy - sx * sy) / Math.sqrt((n * sxx - sx * sx) * (n * syy - sy * sy))
    expect(related[1]!.correlation).toBeCloseTo(expected, 6)
  })

  test('are as many as asked for, ties to the lower row', async () => {
    const reader = readerOf([base, base, base, base])
    const related = await relatedNeurons(reader, 2, 2)
    expect(related.map(({ row }) => row)).toEqual([0, 1])
    for (const { correlation } of related) expect(correlation).toBeCloseTo(1, 6)
  })

  test('are none for a neuron that never changes', async () => {
    expect(await relatedNeurons(readerOf([base.map(() => 2), base]), 0, 5)).toEqual([])
  })
})
