import { describe, expect, it } from 'vitest'
import {
  axisTicks,
  curveChoices,
  firstChoices,
  newestSweepOf,
  seriesOf,
  valueAt,
} from '../../../src/renderer/components/curve-data.ts'
import { pointsOfSweep } from '../../../src/renderer/components/trade-off-data.ts'
import type { SweepPointView } from '../../../src/contract/workbench/runs.ts'

function measured(estimator: string, value: number) {
  return {
    ok: true as const,
    metric: estimator === 'accuracy' ? 'cloze' : 'lm',
    estimator,
    unit: 'question',
    params: {},
    preset: null,
    modelHash: null,
    dataHash: null,
    planHash: null,
    seed: 1,
    warnings: [],
    value,
    n: 60,
    ci: { low: value - 0.1, high: value + 0.1, level: 0.95 as const, method: 'wilson' as const, resamples: 0 },
  }
}

function point(k: number, side: 'forget' | 'retain', value: number, control = false): SweepPointView {
  return {
    ranking: control ? 'random' : 'SNIP paper',
    rankingId: control ? 'r2' : 'r1',
    method: control ? 'random' : 'snip',
    k,
    percent: k / 30.72,
    control,
    dataset: side,
    name: side === 'forget' ? 'verbs' : 'prepositions',
    side,
    results: { accuracy: measured('accuracy', value) },
  }
}

const points = [
  point(100, 'forget', 0.3),
  point(0, 'forget', 0.5),
  point(0, 'retain', 0.6),
  point(100, 'retain', 0.55),
  point(0, 'forget', 0.5, true),
  point(100, 'forget', 0.49, true),
  point(0, 'retain', 0.6, true),
  point(100, 'retain', 0.58, true),
]

describe('curves of a sweep', () => {
  const choices = curveChoices(points)

  it('offer each data set and estimator once, and begin with a pair of the same estimator', () => {
    expect(choices.map((choice) => choice.key)).toEqual(['forget/forget/accuracy', 'retain/retain/accuracy'])
    const { forget, retain } = firstChoices(choices)
    expect([forget?.name, retain?.name]).toEqual(['verbs', 'prepositions'])
  })

  it('are sorted by k, and hold the control apart', () => {
    const series = seriesOf(points, choices[0]!, 'r1')
    expect(series.map(({ label, control }) => [label, control])).toEqual([
      ['SNIP paper', false],
      ['Random control', true],
    ])
    expect(series[0]?.points.map(({ k, value }) => [k, value])).toEqual([
      [0, 0.5],
      [100, 0.3],
    ])
  })

  it('have values between their points', () => {
    const line = seriesOf(points, choices[0]!, 'r1')[0]!.points
    expect(valueAt(line, 50)).toBeCloseTo(0.4, 12)
    expect(valueAt(line, 0)).toBe(0.5)
    expect(valueAt(line, 100)).toBeCloseTo(0.3, 12)
    expect(valueAt(line, 101)).toBeNull()
  })

  it('become drops from k = 0 on the trade-off plane, the control beside them', () => {
    const drops = pointsOfSweep(points, choices[0]!, choices[1]!)
    expect(drops.map(({ group, k }) => [group, k])).toEqual([
      ['Random control', 0],
      ['Random control', 100],
      ['SNIP paper', 0],
      ['SNIP paper', 100],
    ])
    expect(drops[3]?.forget.value).toBeCloseTo(0.2, 12)
    expect(drops[3]?.forget.low).toBeCloseTo(0.1, 12)
    expect(drops[3]?.retain.high).toBeCloseTo(0.15, 12)
  })

  it('come from the newest sweep that is not stale', () => {
    const sweep = (id: string, at: number, stale: string | null) => ({ id, title: id, at, stale, points })
    expect(newestSweepOf([sweep('a', 1, null), sweep('b', 2, null), sweep('c', 3, 'changed')], 'r1')?.id).toBe('b')
    expect(newestSweepOf([sweep('c', 3, 'changed'), sweep('a', 1, null)], 'r1')?.id).toBe('a')
    expect(newestSweepOf([sweep('a', 1, null)], 'r9')).toBeNull()
  })

  it('have axes of round numbers', () => {
    expect(axisTicks(0.27, 0.51, 4).map((tick) => tick.toFixed(2))).toEqual(['0.30', '0.40', '0.50'])
    expect(axisTicks(3, 3, 4)).toEqual([3])
  })
})
