import { describe, expect, test } from 'vitest'
import { maskedLmMetric, maskWindow, summariseMaskedLm } from '../../../src/core/metrics/masked-lm.ts'
import { lossOfClass, summariseImageTop1 } from '../../../src/core/metrics/image-top1.ts'
import { requireObjective } from '../../../src/core/metrics/objective.ts'

const context = { preset: null, modelHash: null, dataHash: null, planHash: null, seed: 3, warnings: [] }
const rule = { share: 0.15, seed: 7, maskId: 4, vocabularySize: 1000 }
const all = (length: number) => Array.from({ length }, (_, at) => at)

describe('masking a window', () => {
  test('asks for 15 % of its tokens, at least one, and only for those that may be asked for', () => {
    const counts = [1, 3, 10, 64, 100].map((length) => maskWindow(new Int32Array(length), all(length), 0, rule).length)
    expect(counts).toEqual([1, 1, 2, 10, 15])
    expect(maskWindow(new Int32Array(9), [], 0, rule)).toEqual([])
    for (let number = 0; number < 50; number++) {
      const asked = maskWindow(new Int32Array(40), all(38).slice(1), number, rule)
      expect(asked.every((place) => place >= 1 && place <= 37)).toBe(true)
    }
  })

  test('shows a mask at 80 % of them, another token at 10 %, and the token itself at 10 %', () => {
    let [masks, others, same, rest] = [0, 0, 0, 0]
    for (let number = 0; number < 500; number++) {
      const ids = new Int32Array(100).fill(2000)
      const asked = new Set(maskWindow(ids, all(100), number, rule))
      for (const [place, id] of ids.entries()) {
        if (!asked.has(place)) rest += id === 2000 ? 0 : 1
        else if (id === 4) masks++
        else if (id === 2000) same++
        else others++
      }
    }
    expect(rest).toBe(0)
    expect(masks + others + same).toBe(7500)
    // Three standard deviations of 7,500 draws are 1.4 and 1.04 per cent; a random id is the mask itself once in a thousand.
    expect(Math.abs(masks / 7500 - 0.8)).toBeLessThan(0.014)
    expect(Math.abs(others / 7500 - 0.1)).toBeLessThan(0.0105)
    expect(Math.abs(same / 7500 - 0.1)).toBeLessThan(0.0105)
  })

  test('depends on seed and number of the window alone', () => {
    const masked = (number: number, seed = 7) => {
      const ids = Int32Array.from(all(64), (at) => at + 100)
      maskWindow(ids, all(64), number, { ...rule, seed })
      return [...ids]
    }
    expect(masked(5)).toEqual(masked(5))
    expect(masked(5)).not.toEqual(masked(6))
    expect(masked(5)).not.toEqual(masked(5, 8))
  })
})

test('results of masked-lm are weighted by asked tokens, with the window as unit', () => {
  const params = maskedLmMetric.params.parse({ window: 8 })
  const windows = [
    { losses: [1, 2, 3], ranks: [0, 1, 0] },
    { losses: [6], ranks: [5] },
  ]
  const { lossNats, perplexityExpMean, top1 } = summariseMaskedLm(windows, params, context)
  expect(lossNats).toMatchObject({ ok: true, value: 3, n: 2, byIndex: [2, 6], unit: 'window', metric: 'masked-lm' })
  expect(perplexityExpMean).toMatchObject({ value: Math.exp(3) })
  expect(top1).toMatchObject({ value: 0.5, byIndex: [2 / 3, 0] })
  expect(lossNats.params).toEqual({
    window: 8,
    specialTokens: false,
    share: 0.15,
    maskedTokens: 4,
    maskedTokensByIndex: [3, 1],
  })
  expect(summariseMaskedLm([], params, context).top1).toMatchObject({ ok: false, failure: { kind: 'bad-data' } })
})

test('results of image-top1 are a rate by Wilson and the mean loss', () => {
  const third = lossOfClass([0, 0, 0], 1)
  expect(third.losses[0]).toBeCloseTo(Math.log(3), 12)
  expect(third.ranks[0]).toBe(0)
  expect(lossOfClass([1, 2, 1000], 0)).toEqual({ losses: [999], ranks: [2] })
  const { top1, lossNats } = summariseImageTop1([third, lossOfClass([0, Math.log(2), 0], 0)], context)
  expect(top1).toMatchObject({ ok: true, value: 0.5, n: 2, byIndex: [1, 0], unit: 'image' })
  expect(top1.ok && top1.ci.method).toBe('wilson')
  expect(lossNats.ok && lossNats.value).toBeCloseTo((Math.log(3) + Math.log(4)) / 2, 12)
})

test.each([
  ['masked', 'causal', /fills in masked tokens/, 'masked-lm'],
  ['causal', 'masked', /continues text/, 'lm or cloze'],
  ['image', 'causal', /classifies images/, 'image-top1'],
] as const)('a %s model is not measured as a %s one', (objective, needed, says, metric) => {
  const ask = () => requireObjective({ familyName: 'BERT', objective }, needed, 'Something')
  expect(ask).toThrow(says)
  expect(ask).toThrow(
    expect.objectContaining({ kind: 'unsupported-model', remedy: `Measure this model with ${metric}.` }),
  )
})
