import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Measured, type Result, resultSchema } from '../../../src/contract/result.ts'
import { type LmWindow, lmMetric, summariseLm } from '../../../src/core/metrics/lm.ts'
import { pairedDifference } from '../../../src/core/metrics/paired.ts'
import { metricOf, metrics } from '../../../src/core/metrics/registry.ts'
import { resolveParams } from '../../../src/core/ranking/resolve-params.ts'

const context = { preset: null, modelHash: null, dataHash: null, planHash: null, seed: 3, warnings: [] }
const params = { window: 5, tokens: null }

function lm(...windows: LmWindow[]) {
  return summariseLm(windows, params, context)
}

function valueOf(result: Result): number {
  if (!result.ok) throw new Error(result.failure.message)
  return result.value
}

function measuredOf(result: Result): Measured {
  if (!result.ok) throw new Error(result.failure.message)
  return result
}

describe('the registry of metrics', () => {
  it('holds members with legal defaults, legal presets and a JSON Schema', () => {
    expect(metrics.map(({ id }) => id)).toEqual(['lm', 'cloze', 'masked-lm', 'image-top1'])
    expect(metricOf('lm')).toBe(lmMetric)
    expect(() => metricOf('bleu')).toThrow("no metric 'bleu'")
    for (const metric of metrics) {
      for (const preset of Object.keys(metric.presets)) expect(resolveParams(metric, preset, {}).preset).toBe(preset)
      expect(z.toJSONSchema(metric.params)).toHaveProperty('properties')
    }
    expect(resolveParams(lmMetric, null, {}).params).toEqual({ window: 64, tokens: null })
    expect(resolveParams(metricOf('cloze'), null, {}).params).toEqual({
      scorer: 'whole-mean-nll',
      join: '',
      split: 'all',
    })
  })
})

describe('lm', () => {
  it('tells the two perplexities of losses 1, 2, 3, 6 apart: 20.09 and 108.4', () => {
    const results = lm({ losses: [1, 2, 3, 6], ranks: [0, 3, 9, 10] })
    expect(valueOf(results.lossNats)).toBe(3)
    expect(valueOf(results.perplexityExpMean)).toBeCloseTo(20.0855, 4)
    expect(valueOf(results.perplexityMeanExp)).toBeCloseTo(108.4, 1)
    expect(valueOf(results.top1)).toBe(0.25)
    expect(valueOf(results.top10)).toBe(0.75)
    expect(Object.keys(results)).toEqual(lmMetric.estimators.map(({ id }) => id))
  })

  it('weights windows by their tokens, not equally', () => {
    const results = lm({ losses: [1, 1, 1], ranks: [0, 0, 0] }, { losses: [5], ranks: [20] })
    const loss = measuredOf(results.lossNats)
    expect(loss.value).toBe(2)
    expect(loss.byIndex).toEqual([1, 5])
    expect(loss.n).toBe(2)
    expect(loss.params).toEqual({ window: 5, tokens: 6, predictedTokens: 4, predictedTokensByIndex: [3, 1] })
    expect([loss.ci.low, loss.ci.high]).toEqual([1, 5])
    expect(loss.ci).toMatchObject({ method: 'percentile-bootstrap', resamples: 2000 })
    expect(measuredOf(results.perplexityExpMean).value).toBeCloseTo(Math.exp(2), 12)
    expect(measuredOf(results.perplexityExpMean).byIndex).toEqual([Math.exp(1), Math.exp(5)])
    expect(valueOf(results.top1)).toBe(0.75)
  })

  it('gives results of the contract, the same for the same seed', () => {
    const windows = [1, 2, 3].map((loss) => ({ losses: [loss, loss / 2], ranks: [0, 12] }))
    const results = lm(...windows)
    for (const result of Object.values(results)) expect(resultSchema.parse(result)).toEqual(result)
    expect(lm(...windows)).toEqual(results)
    expect(measuredOf(results.lossNats)).toMatchObject({ metric: 'lm', estimator: 'lossNats', unit: 'window', seed: 3 })
  })

  it('fails, and gives no number, when a loss is not finite', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const result of Object.values(lm({ losses: [1, bad], ranks: [0, 0] }))) {
        expect(result).toMatchObject({ ok: false, failure: { kind: 'not-finite' } })
        expect(result).not.toHaveProperty('value')
        expect(resultSchema.safeParse(result).success).toBe(true)
      }
    }
  })

  it('fails only the mean of exp when that alone overflows', () => {
    const results = lm({ losses: [1000, 1, 1, 1], ranks: [5, 0, 0, 0] })
    expect(valueOf(results.lossNats)).toBe(250.75)
    expect(results.perplexityMeanExp).toMatchObject({ ok: false, failure: { kind: 'not-finite' } })
    expect(results.perplexityExpMean.ok).toBe(true)
  })

  it('fails when there is nothing to predict', () => {
    expect(lm().lossNats).toMatchObject({ ok: false, failure: { kind: 'bad-data' } })
  })
})

describe('pairedDifference', () => {
  const first = lm({ losses: [1, 1, 1], ranks: [0, 0, 0] }, { losses: [5], ranks: [0] })
  const second = lm({ losses: [2, 2, 2], ranks: [0, 0, 0] }, { losses: [6], ranks: [0] })

  it('of a constant shift has no width, although the windows differ widely', () => {
    const { difference, ci } = pairedDifference(measuredOf(first.lossNats), measuredOf(second.lossNats), 1)
    expect(difference).toBe(1)
    expect([ci.low, ci.high]).toEqual([1, 1])
  })

  it('of perplexities differs after the exp', () => {
    const pair = [measuredOf(first.perplexityExpMean), measuredOf(second.perplexityExpMean)] as const
    expect(pairedDifference(...pair, 1).difference).toBeCloseTo(Math.exp(3) - Math.exp(2), 10)
  })

  it('refuses results that do not pair', () => {
    const other = lm({ losses: [1], ranks: [0] })
    expect(() => pairedDifference(measuredOf(first.lossNats), measuredOf(other.lossNats), 1)).toThrow('same data')
    expect(() => pairedDifference(measuredOf(first.lossNats), measuredOf(first.top1), 1)).toThrow('same data')
  })
})
