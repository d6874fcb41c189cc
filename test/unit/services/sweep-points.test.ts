import { describe, expect, it } from 'vitest'
import type { Ranking } from '../../../src/contract/files.ts'
import { parseGrid, sweepPoints, type SweptRanking } from '../../../src/main/services/sweeps/sweep-points.ts'
import { failureOf } from './scratch.ts'

function ranked(label: string, method: string, count: number): SweptRanking {
  const neurons = Array.from({ length: count }, (_, at) => ({ neuron: `mlp:0:${at}`, score: -at, rank: at + 1 }))
  const header = { method, preset: null, params: {}, modelHash: null, seed: 1, neuronCount: 200 }
  return { label, ranking: { header, neurons } satisfies Ranking }
}

describe('the points of a sweep', () => {
  it('are every ranking at every k, in the order given', () => {
    const points = sweepPoints([ranked('a', 'snip', 200), ranked('b', 'random', 200)], ['0', '1%', '7'])
    expect(points.map(({ ranking, k, fraction }) => [ranking, k, fraction])).toEqual([
      ['a', 0, 0],
      ['a', 2, 0.01],
      ['a', 7, 0.035],
      ['b', 0, 0],
      ['b', 2, 0.01],
      ['b', 7, 0.035],
    ])
    expect(points.map(({ plan }) => plan?.neurons.length ?? null)).toEqual([null, 2, 7, null, 2, 7])
  })

  it('state the true k of a short ranking and give its random control as many neurons', () => {
    const points = sweepPoints([ranked('k', 'keyword', 5), ranked('r', 'random', 200)], ['2%', '10%'])
    expect(points.map(({ ranking, k, controlOf }) => [ranking, k, controlOf ?? null])).toEqual([
      ['k', 4, null],
      ['k', 5, null],
      ['r', 5, 'k'],
      ['r', 4, null],
      ['r', 20, null],
    ])
    expect(points[1]?.warnings[0]).toContain('k is 5')
  })

  it('need a grid without gaps', () => {
    expect(parseGrid('0, 0.5%,737')).toEqual(['0', '0.5%', '737'])
    expect(failureOf(() => parseGrid('0,,1%')).kind).toBe('bad-argument')
    expect(failureOf(() => sweepPoints([ranked('a', 'snip', 9)], ['101%'])).kind).toBe('bad-argument')
  })
})
