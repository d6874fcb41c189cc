import { describe, expect, it } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import type { Ranking } from '../../../src/contract/files.ts'
import { controlTop } from '../../../src/core/pruning/plan-control.ts'
import { resolveTop } from '../../../src/core/pruning/plan-top.ts'
import {
  checkPlan,
  parsePlan,
  parsePlanText,
  planFromRanking,
  planHashInput,
  planMasks,
  planOffsets,
} from '../../../src/core/pruning/plan.ts'
import { fixedNeurons, withMeans } from '../../../src/core/pruning/plan-means.ts'
import { createNeuronSpace } from '../../../src/core/ranking/neuron-space.ts'

const space = createNeuronSpace({ mlp: [3, 2], attention: [2, 2] })

function rankingOf(ids: string[], neuronCount: number): Ranking {
  return {
    header: { method: 'snip', preset: 'paper', params: {}, modelHash: null, seed: null, neuronCount },
    neurons: ids.map((neuron, at) => ({ neuron, score: -at, rank: at + 1 })),
  }
}

describe('resolveTop', () => {
  it.each([
    ['2%', 36_864, 737],
    ['0.5%', 36_864, 184],
    ['10 %', 36_864, 3686],
    ['0%', 36_864, 0],
    ['100%', 36_864, 36_864],
    ['0.35%', 1000, 4],
    ['.5%', 1000, 5],
    ['737', 36_864, 737],
    [737, 36_864, 737],
    ['0', 5, 0],
    [5, 5, 5],
  ])('of %s of %i neurons is %i', (top, count, k) => {
    expect(resolveTop(top, count)).toBe(k)
  })

  it.each(['101%', '-1', '1.5', 'ten', '', '2%%', '1e3', 'NaN'])('refuses %j', (top) => {
    expect(() => resolveTop(top, 1000)).toThrow(SnipError)
  })

  it('refuses more neurons than there are', () => {
    expect(() => resolveTop('6', 5)).toThrow('more than the 5 neurons')
  })
})

describe('planFromRanking', () => {
  const ranking = rankingOf(['mlp:1:0', 'mlp:0:2', 'mlp:0:0', 'mlp:1:1'], 5)

  it('takes the best k and writes them in the order of the space', () => {
    const { plan, k, warnings } = planFromRanking(ranking, '40%')
    expect(plan).toEqual({
      version: 1,
      neurons: ['mlp:0:2', 'mlp:1:0'],
      replacement: 'zero',
      ranking: { method: 'snip', preset: 'paper', params: {}, seed: null, top: '40%', k: 2 },
    })
    expect(k).toBe(2)
    expect(warnings).toEqual([])
  })

  it('prunes what a short ranking has, and states the true k', () => {
    const { plan, k, warnings } = planFromRanking(ranking, '100%')
    expect(plan.neurons).toHaveLength(4)
    expect(k).toBe(4)
    expect(warnings).toEqual(['5 neurons were asked for, but the ranking has 4 to prune: k is 4'])
  })

  it('may prune nothing', () => {
    expect(planFromRanking(ranking, 0).plan.neurons).toEqual([])
  })

  it('respects pins within the same k', () => {
    const { plan } = planFromRanking(ranking, 2, { pins: { always: ['mlp:1:1'], never: ['mlp:1:0'] } })
    expect(plan.neurons).toEqual(['mlp:0:2', 'mlp:1:1'])
    const over = planFromRanking(ranking, 0, { pins: { always: ['mlp:1:1'] } })
    expect(over.k).toBe(1)
    expect(over.warnings).toHaveLength(1)
    expect(() => planFromRanking(ranking, 1, { pins: { always: ['mlp:0:0'], never: ['mlp:0:0'] } })).toThrow('both')
  })
})

describe('parsePlan', () => {
  it('needs only neurons, and counts a repeated one once', () => {
    expect(parsePlanText('{"neurons":["mlp:0:2","attention:1:0","mlp:0:2"]}', 'p.json')).toEqual({
      version: 1,
      neurons: ['mlp:0:2', 'attention:1:0'],
      replacement: 'zero',
    })
  })

  it.each([
    ['{', 'p.json is not JSON'],
    ['[]', 'p.json: '],
    ['{}', 'p.json: neurons: '],
    ['{"neurons":["mlp:0:1","mlp:0:-1"]}', 'p.json: neurons.1 ("mlp:0:-1"): a neuron is written site:layer:index'],
    ['{"neurons":["mlp:00:1"]}', 'neurons.0 ("mlp:00:1")'],
    ['{"neurons":[],"replacement":"median"}', 'p.json: replacement: '],
    ['{"neurons":["mlp:0:1"],"replacement":"mean"}', 'p.json has 0 means for 1 neurons'],
    ['{"neurons":["mlp:0:1"],"replacement":"mean","means":[1,2]}', 'p.json has 2 means for 1 neurons'],
    [
      '{"neurons":["mlp:0:1"],"replacement":"mean","means":[1e39]}',
      'p.json: the mean of mlp:0:1 is not a finite number',
    ],
    ['{"neurons":["mlp:0:1"],"means":[1]}', 'p.json has means, but replaces neurons by zero'],
    ['{"neurons":[],"replacment":"zero"}', 'replacment'],
    ['{"neurons":[],"version":2}', 'p.json: version: '],
  ])('refuses %s', (text, message) => {
    expect(() => parsePlanText(text, 'p.json')).toThrow(message)
  })
})

describe('a plan on a model', () => {
  it('is refused, with the legal range, when a neuron does not exist', () => {
    const planOf = (id: string) => parsePlan({ neurons: ['mlp:0:0', id] }, 'p')
    expect(() => checkPlan(planOf('mlp:0:3'), space)).toThrow(
      "The plan names neuron mlp:0:3, but layer 0 of site 'mlp' has neurons 0 to 2",
    )
    expect(() => checkPlan(planOf('attention:2:0'), space)).toThrow("site 'attention' has layers 0 to 1")
    expect(() => checkPlan(planOf('attention:0:0'), createNeuronSpace({ mlp: [3] }))).toThrow('has no neurons here')
    expect(() => checkPlan(planOf('attention:1:1'), space)).not.toThrow()
  })

  it('becomes masks of 1 and 0 per layer', () => {
    const masks = planMasks(parsePlan({ neurons: ['mlp:0:2', 'attention:1:0'] }, 'p'), space)
    expect([...masks.keys()]).toEqual(['mlp', 'attention'])
    expect(masks.get('mlp')!.map((mask) => [...mask])).toEqual([
      [1, 1, 0],
      [1, 1],
    ])
    expect(masks.get('attention')!.map((mask) => [...mask])).toEqual([
      [1, 1],
      [0, 1],
    ])
  })

  it('hashes the same whatever the order of its neurons', () => {
    const expected = 'attention:0:1\nmlp:0:10\nmlp:0:5\nzero'
    expect(planHashInput(parsePlan({ neurons: ['mlp:0:5', 'attention:0:1', 'mlp:0:10'] }, 'p'))).toBe(expected)
    expect(planHashInput(parsePlan({ neurons: ['mlp:0:10', 'mlp:0:5', 'attention:0:1', 'mlp:0:5'] }, 'p'))).toBe(
      expected,
    )
    expect(planHashInput(parsePlan({ neurons: [] }, 'p'))).toBe('zero')
  })

  it('hashes the means with their neurons, in the order of the sorted ids', () => {
    const neurons = ['mlp:0:10', 'attention:0:1', 'mlp:0:10']
    const plan = parsePlan({ neurons, replacement: 'mean', means: [0.25, -0.5, 7] }, 'p')
    expect(plan).toMatchObject({ neurons: ['mlp:0:10', 'attention:0:1'], means: [0.25, -0.5] })
    expect(planHashInput(plan)).toBe('attention:0:1\nmlp:0:10\nmean -0.5 0.25')
  })

  it('becomes offsets where the means are, and none where zero replaces the neurons', () => {
    const plan = parsePlan({ neurons: ['mlp:0:2', 'attention:1:0'], replacement: 'mean', means: [0.5, -2] }, 'p')
    const offsets = planOffsets(plan, space)!
    expect(offsets.get('mlp')!.map((offset) => [...offset])).toEqual([
      [0, 0, 0.5],
      [0, 0],
    ])
    expect(offsets.get('attention')!.map((offset) => [...offset])).toEqual([
      [0, 0],
      [-2, 0],
    ])
    expect(planOffsets(parsePlan({ neurons: ['mlp:0:2'] }, 'p'), space)).toBeNull()
  })
})

describe('withMeans', () => {
  it('fixes every neuron at its mean in single precision, in the order of the plan', () => {
    const plan = withMeans(parsePlan({ neurons: ['mlp:1:0', 'mlp:0:2'] }, 'p'), ({ layer }) => layer + 0.1)
    expect(plan).toMatchObject({ replacement: 'mean', means: [Math.fround(1.1), Math.fround(0.1)] })
    expect(fixedNeurons(plan)[1]).toEqual({ site: 'mlp', layer: 0, index: 2, value: Math.fround(0.1) })
  })
})

describe('controlTop', () => {
  it('draws k neurons by the seed, a smaller k within a greater one', () => {
    const four = controlTop(space, 4, 1).neurons
    expect(four).toHaveLength(4)
    expect(controlTop(space, 4, 1).neurons).toEqual(four)
    expect(four).toEqual(expect.arrayContaining(controlTop(space, 2, 1).neurons))
    const drawn = new Set([1, 2, 3, 4, 5, 6].map((seed) => controlTop(space, 4, seed).neurons.join()))
    expect(drawn.size).toBeGreaterThan(3)
    expect(controlTop(space, 9, 1).neurons).toHaveLength(9)
    expect(controlTop(space, 0, 1).neurons).toEqual([])
  })
})
