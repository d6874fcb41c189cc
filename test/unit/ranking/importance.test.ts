import { describe, expect, it } from 'vitest'
import {
  type NeuronStatistics,
  concatStatistics,
  importanceNames,
  statisticsFromSums,
} from '../../../src/core/ranking/importance.ts'
import { activationRatioRanking } from '../../../src/core/ranking/methods/activation-ratio.ts'
import { createNeuronSpace } from '../../../src/core/ranking/neuron-space.ts'
import { rankNeurons } from '../../../src/core/ranking/rank.ts'

const forgetActivations = [-1, 0, 0.5, 2]
const retainActivations = [0, -0.5, 0.25, 0.25]

function statisticsOf(...neurons: number[][]): NeuronStatistics {
  const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)
  return statisticsFromSums({
    tokens: neurons[0]!.length,
    countPositive: neurons.map((z) => z.filter((value) => value > 0).length),
    sum: neurons.map(total),
    sumAbs: neurons.map((z) => total(z.map(Math.abs))),
    sumSquares: neurons.map((z) => total(z.map((value) => value * value))),
    max: neurons.map((z) => Math.max(...z)),
  })
}

function ratio(params: Record<string, unknown>, preset: string | null = null): number {
  const ranking = rankNeurons(
    activationRatioRanking,
    {
      space: createNeuronSpace({ mlp: [1] }),
      seed: 0,
      forgetStatistics: statisticsOf(forgetActivations),
      retainStatistics: statisticsOf(retainActivations),
    },
    { modelHash: null, preset, params },
  )
  return ranking.neurons[0]!.score
}

describe('statisticsFromSums', () => {
  it('gives the closed forms of one neuron', () => {
    const statistics = statisticsOf(forgetActivations, retainActivations)
    expect([...statistics.freq]).toEqual([0.5, 0.5])
    expect([...statistics.meanAbs]).toEqual([0.875, 0.25])
    expect(statistics.rms[0]).toBeCloseTo(1.14564, 5)
    expect(statistics.rms[1]).toBeCloseTo(0.30619, 5)
    expect([...statistics.mean]).toEqual([0.375, 0])
    expect(statistics.stdPopulation[0]).toBeCloseTo(1.08253, 5)
    expect(statistics.stdPopulation[1]).toBeCloseTo(0.30619, 5)
    expect([...statistics.max]).toEqual([2, 0.25])
  })

  it('never takes the root of a negative number for a constant neuron', () => {
    const statistics = statisticsOf(Array.from({ length: 10 }, () => 0.1))
    expect(statistics.stdPopulation[0]).toBeLessThan(1e-7)
  })

  it('joins layers in order', () => {
    const joined = concatStatistics([statisticsOf(forgetActivations), statisticsOf(retainActivations)])
    expect([...joined.meanAbs]).toEqual([0.875, 0.25])
    expect(joined.tokens).toBe(4)
  })
})

describe('activation-ratio', () => {
  it.each([
    ['freq', 0.998],
    ['meanAbs', 3.48606],
    ['rms', 3.72948],
    ['stdPopulation', 3.52402],
  ])('of %s is %f with epsilon 1e-3', (importance, expected) => {
    expect(ratio({ importance })).toBeCloseTo(expected, 5)
  })

  it('as released takes the variance for std and makes rms from it', () => {
    expect(ratio({ importance: 'stdPopulation' }, 'as-released')).toBeCloseTo(1.5625 / 0.126, 10)
    expect(ratio({ importance: 'rms' }, 'as-released')).toBeCloseTo(1.606869 / 0.126, 4)
    expect(ratio({ importance: 'meanAbs' }, 'as-released')).toBeCloseTo(3.48606, 5)
    expect(importanceNames).toHaveLength(4)
  })

  it('adds 1e-3 to MLP neurons and 1e-4 to attention neurons unless told otherwise', () => {
    const inputs = {
      space: createNeuronSpace({ mlp: [1], attention: [1] }),
      seed: 0,
      forgetStatistics: statisticsOf(forgetActivations, forgetActivations),
      retainStatistics: statisticsOf(retainActivations, retainActivations),
    }
    const both = rankNeurons(activationRatioRanking, inputs, { modelHash: null, params: { sites: 'mlp,attention' } })
    expect(both.neurons.map(({ neuron }) => neuron)).toEqual(['attention:0:0', 'mlp:0:0'])
    expect(both.neurons[0]!.score).toBeCloseTo(0.875 / 0.2501, 12)
    expect(both.neurons[1]!.score).toBeCloseTo(0.875 / 0.251, 12)
    expect(both.header.neuronCount).toBe(2)
    const attention = rankNeurons(activationRatioRanking, inputs, {
      modelHash: null,
      params: { sites: ['attention'], epsilon: '0.5' },
    })
    expect(attention.neurons).toEqual([{ neuron: 'attention:0:0', score: 0.875 / 0.75, rank: 1 }])
  })

  it('refuses a recording of another size and scores that are not finite', () => {
    const space = createNeuronSpace({ mlp: [2] })
    const one = statisticsOf(forgetActivations)
    const broken = statisticsOf(forgetActivations, [Number.NaN, 0, 0, 0])
    const run = (statistics: NeuronStatistics) =>
      rankNeurons(
        activationRatioRanking,
        { space, seed: 0, forgetStatistics: statistics, retainStatistics: statistics },
        { modelHash: null },
      )
    expect(() => run(one)).toThrow('A recording has 1 neurons, the model 2')
    expect(() => run(broken)).toThrow('The score of neuron mlp:0:1 is not finite')
  })
})
