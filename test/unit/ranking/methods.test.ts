import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Concept } from '../../../src/contract/files.ts'
import { cosineMaxScores } from '../../../src/core/ranking/cosine.ts'
import type { RankingInputs } from '../../../src/core/ranking/method.ts'
import { createNeuronSpace } from '../../../src/core/ranking/neuron-space.ts'
import { orderByScore, rankNeurons } from '../../../src/core/ranking/rank.ts'
import { rankingMethodOf, rankingMethods } from '../../../src/core/ranking/registry.ts'
import { resolveParams } from '../../../src/core/ranking/resolve-params.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

const space = createNeuronSpace({ mlp: [3, 3] })

function concept(neuron: string, text: string, score: number | null, status: Concept['status'] = 'suggested'): Concept {
  return { neuron, text, author: 'test', explainer: null, score, scoreKind: null, status }
}

function rank(method: string, inputs: Partial<RankingInputs>, preset: string | null = null, params = {}) {
  return rankNeurons(rankingMethodOf(method), { space, seed: 1, ...inputs }, { modelHash: null, preset, params })
}

const brief = (ranking: ReturnType<typeof rank>) => ranking.neurons.map(({ neuron, score }) => [neuron, score])

describe('the registry of ranking methods', () => {
  it('holds members with legal defaults, legal presets and a JSON Schema', () => {
    expect(rankingMethods.map(({ id }) => id)).toEqual(['snip', 'keyword', 'llm-rated', 'random', 'activation-ratio'])
    for (const method of rankingMethods) {
      expect(resolveParams(method, null, {}).preset).toBeNull()
      for (const preset of Object.keys(method.presets)) expect(resolveParams(method, preset, {}).preset).toBe(preset)
      expect(z.toJSONSchema(method.params)).toHaveProperty('properties.sites')
      expect(method.citation.length).toBeGreaterThan(10)
    }
  })

  it('says which methods, presets and parameters there are', () => {
    expect(() => rankingMethodOf('magic')).toThrow("no ranking method 'magic'")
    expect(() => rank('random', {}, 'best')).toThrow("'random' has no preset 'best'")
    expect(() => rank('random', {}, 'constructor')).toThrow("no preset 'constructor'")
    expect(() => rank('random', {}, null, { size: 1 })).toThrow("'random' has no parameter 'size'")
    expect(() => rank('random', {}, null, { sites: 'moon' })).toThrow("Parameter 'sites")
    expect(() => rank('random', {}, null, { sites: 'moon' })).toThrow(
      expect.objectContaining({ remedy: 'Give a value such as the default, ["mlp"].' }),
    )
  })

  it('reads parameters from texts', () => {
    const snip = rankingMethodOf('snip')
    const { params, preset } = resolveParams(snip, 'as-released', { minimumScore: 'null', sites: 'mlp,attention' })
    expect(params).toEqual({
      minimumScore: null,
      startAtZero: true,
      useWeights: false,
      protectedWeight: 0,
      sites: ['mlp', 'attention'],
    })
    expect(preset).toBeNull()
    expect(resolveParams(snip, 'as-released', { sites: 'attention' }).preset).toBe('as-released')
    expect(resolveParams(snip, null, { startAtZero: 'true', minimumScore: '0.5' }).params).toMatchObject({
      startAtZero: true,
      minimumScore: 0.5,
    })
  })
})

describe('cosineMaxScores', () => {
  const neurons = new Float32Array([1, 0, 3, 4, 0, 0, -2, 0, 0, 5])
  const forget = new Float32Array([2, 0, 0, 1, 0, 0])

  it('takes the best cosine over the forget vectors', () => {
    const { scores, best, zeroNeuronRows, zeroForgetRows } = cosineMaxScores(neurons, 2, forget, null, false)
    expect([...scores]).toEqual([1, 0.8, 0, 0, 1].map((value) => expect.closeTo(value, 12)))
    expect([...best]).toEqual([0, 1, 0, 1, 1])
    expect(zeroNeuronRows).toEqual([2])
    expect(zeroForgetRows).toEqual([2])
  })

  it('is negative where all cosines are, unless the maximum starts at 0', () => {
    const one = new Float32Array([-1, 0])
    expect([...cosineMaxScores(neurons, 2, one, null, false).scores]).toEqual(
      [-1, -0.6, 0, 1, 0].map((value) => expect.closeTo(value, 12)),
    )
    const clipped = cosineMaxScores(neurons, 2, one, null, true)
    expect([...clipped.scores]).toEqual([0, 0, 0, 1, 0])
    expect([...clipped.best]).toEqual([-1, -1, -1, 0, -1])
  })

  it('multiplies each cosine by its weight', () => {
    const { scores, best } = cosineMaxScores(neurons, 2, forget, [0.5, 0.25, 1], false)
    expect(scores[1]).toBeCloseTo(0.3, 12)
    expect(best[1]).toBe(0)
  })

  it('agrees with the plain formula for any number of rows', () => {
    const random = createRandom(9)
    const dims = 7
    for (const [rows, forgetRows] of [
      [1, 1],
      [5, 2],
      [9, 3],
    ] as const) {
      const a = Float32Array.from({ length: rows * dims }, () => random.normal())
      const b = Float32Array.from({ length: forgetRows * dims }, () => random.normal())
      const { scores } = cosineMaxScores(a, dims, b, null, false)
      for (let row = 0; row < rows; row++) {
        let expected = -1
        for (let other = 0; other < forgetRows; other++) {
          let dot = 0
          let aa = 0
          let bb = 0
          for (let at = 0; at < dims; at++) {
            dot += a[row * dims + at]! * b[other * dims + at]!
            aa += a[row * dims + at]! ** 2
            bb += b[other * dims + at]! ** 2
          }
          expected = Math.max(expected, dot / Math.sqrt(aa * bb))
        }
        expect(scores[row]).toBeCloseTo(expected, 12)
      }
    }
  })

  it('refuses an embedding that is not finite and an empty list of forget concepts', () => {
    expect(() => cosineMaxScores(new Float32Array([1, Number.NaN]), 2, forget, null, false)).toThrow('concept 1 holds')
    expect(() => cosineMaxScores(neurons, 2, new Float32Array(0), null, false)).toThrow('no forget concept')
  })
})

describe('snip', () => {
  const concepts = [
    concept('mlp:0:0', 'verbs', 0.9),
    concept('mlp:0:1', 'actions', 0.53),
    concept('mlp:1:0', 'weather', null),
    concept('mlp:1:1', 'movement', 0.6, 'rejected'),
    concept('mlp:1:2', '', null, 'failed'),
    concept('mlp:0:2', 'colours', 0.7),
  ]
  const conceptEmbeddings = { dims: 2, vectors: new Float32Array([3, 4, 1, 0, 0, 1, 1, 0, 0, 0, -1, 0]) }
  const forgetConcepts = [
    { text: 'doing', weight: 1, extractor: 'test' },
    { text: 'going', weight: 0.5, extractor: 'test' },
  ]
  const forgetEmbeddings = { dims: 2, vectors: new Float32Array([1, 0, 0, 2]) }
  const inputs = { concepts, conceptEmbeddings, forgetConcepts, forgetEmbeddings }

  it('as in the paper ranks every concept by its greatest cosine', () => {
    const ranking = rank('snip', inputs, 'paper')
    expect(brief(ranking)).toEqual([
      ['mlp:0:1', 1],
      ['mlp:1:0', 1],
      ['mlp:0:0', expect.closeTo(0.8, 12)],
      ['mlp:0:2', 0],
    ])
    expect(ranking.header).toEqual({
      method: 'snip',
      preset: 'paper',
      params: { minimumScore: null, startAtZero: false, useWeights: false, protectedWeight: 0, sites: ['mlp'] },
      modelHash: null,
      seed: null,
      neuronCount: 6,
      warnings: ['2 concepts were left out: rejected, failed or without a text'],
    })
  })

  it('as released keeps only explanation scores above 0.53 and clips negatives to 0', () => {
    const onlyDoing = {
      ...inputs,
      forgetConcepts: forgetConcepts.slice(0, 1),
      forgetEmbeddings: { dims: 2, vectors: new Float32Array([1, 0]) },
    }
    expect(brief(rank('snip', onlyDoing, 'as-released'))).toEqual([
      ['mlp:0:0', expect.closeTo(0.6, 12)],
      ['mlp:0:2', 0],
    ])
    expect(brief(rank('snip', onlyDoing, 'paper')).at(-1)).toEqual(['mlp:0:2', -1])
  })

  it('corrected uses the weights and leaves out forget concepts of weight 0', () => {
    expect(brief(rank('snip', inputs, 'corrected'))).toEqual([
      ['mlp:0:1', 1],
      ['mlp:0:0', expect.closeTo(0.6, 12)],
      ['mlp:1:0', 0.5],
      ['mlp:0:2', 0],
    ])
    const withoutGoing = { ...inputs, forgetConcepts: [forgetConcepts[0]!, { ...forgetConcepts[1]!, weight: 0 }] }
    expect(brief(rank('snip', withoutGoing)).at(-1)).toEqual(['mlp:0:2', -1])
  })

  it('gives a neuron with two concepts the better score', () => {
    const twice = {
      ...inputs,
      concepts: [concept('mlp:0:0', 'a', 1), concept('mlp:0:0', 'b', 1)],
      conceptEmbeddings: { dims: 2, vectors: new Float32Array([-1, -1, 1, 0]) },
    }
    expect(brief(rank('snip', twice))).toEqual([['mlp:0:0', 1]])
  })

  it('reports concepts whose embedding is all zeros', () => {
    const ranking = rank('snip', { ...inputs, conceptEmbeddings: { dims: 2, vectors: new Float32Array(12) } })
    expect(ranking.header.warnings).toContain('4 concepts have an embedding of zeros; their similarity is 0')
    expect(ranking.neurons.map(({ score }) => score)).toEqual([0, 0, 0, 0])
  })

  it('refuses a concept of another model and embeddings that do not match', () => {
    expect(() => rank('snip', { ...inputs, concepts: [concept('mlp:7:0', 'x', 1)] })).toThrow(
      '1 concepts need 2 embedding numbers, not 12',
    )
    const alien = concepts.with(5, concept('mlp:7:0', 'x', 1))
    expect(() => rank('snip', { ...inputs, concepts: alien })).toThrow(
      "Concept 6 names neuron mlp:7:0, which the model does not have: site 'mlp' has layers 0 to 1",
    )
    const narrow = { dims: 1, vectors: new Float32Array(2) }
    expect(() => rank('snip', { ...inputs, forgetEmbeddings: narrow })).toThrow('embedded in 2 numbers')
  })
})

describe('keyword', () => {
  const concepts = [
    concept('mlp:0:0', 'words about Running', 0.2),
    concept('mlp:0:1', 'the run of a river', 0.9),
    concept('mlp:0:2', 'colours', 0.99),
    concept('mlp:1:0', 'runs', null),
    concept('mlp:1:1', 'run', 0.2, 'rejected'),
    concept('mlp:1:2', 'VERB forms', 0.2),
  ]

  it('selects concepts that contain a keyword, ordered by explanation score, unknown scores last', () => {
    const ranking = rank('keyword', { concepts }, null, { keywords: 'run,verb' })
    expect(brief(ranking)).toEqual([
      ['mlp:0:1', 0.9],
      ['mlp:0:0', 0.2],
      ['mlp:1:2', 0.2],
      ['mlp:1:0', -2],
    ])
    expect(ranking.header.neuronCount).toBe(6)
    expect(ranking.header.params).toEqual({ keywords: ['run', 'verb'], sites: ['mlp'] })
    expect(ranking.header.warnings).toContain('1 selected neuron has no explanation score and ranks behind all others')
  })

  it('may select nothing, and says so', () => {
    const ranking = rank('keyword', { concepts }, null, { keywords: ['zebra'] })
    expect(ranking.neurons).toEqual([])
    expect(ranking.header.warnings!.at(-1)).toContain('the ranking is empty')
    expect(() => rank('keyword', { concepts })).toThrow('no keyword')
  })
})

describe('random', () => {
  it('orders all neurons of the sites by the seed', () => {
    const first = rank('random', { seed: 1 })
    expect(first.neurons.map(({ neuron }) => neuron).toSorted()).toEqual(
      ['mlp:0:0', 'mlp:0:1', 'mlp:0:2', 'mlp:1:0', 'mlp:1:1', 'mlp:1:2'].toSorted(),
    )
    expect(first.header.seed).toBe(1)
    expect(rank('random', { seed: 1 })).toEqual(first)
    const orders = [1, 2, 3, 4, 5].map((seed) => brief(rank('random', { seed })).join())
    expect(new Set(orders).size).toBe(5)
  })
})

describe('orderByScore', () => {
  it('breaks ties by the lower layer, then the lower index, then MLP before attention', () => {
    const both = createNeuronSpace({ mlp: [2, 1], attention: [2, 1] })
    const tied = orderByScore({ space: both, scores: new Float64Array(6), ranked: null, warnings: [] })
    expect(tied.map(({ neuron }) => neuron)).toEqual([
      'mlp:0:0',
      'attention:0:0',
      'mlp:0:1',
      'attention:0:1',
      'mlp:1:0',
      'attention:1:0',
    ])
    expect(tied.map((row) => row.rank)).toEqual([1, 2, 3, 4, 5, 6])
  })
})

describe('protected concepts', () => {
  const concepts = ['mlp:0:0', 'mlp:0:1', 'mlp:0:2'].map((neuron) => concept(neuron, neuron, 0.5))
  const matrix = (...rows: number[][]) => ({ dims: 2, vectors: Float32Array.from(rows.flat()) })
  const inputs = {
    concepts,
    forgetConcepts: [{ text: 'east', weight: 1, extractor: 'test' }],
    conceptEmbeddings: matrix([1, 0], [0.6, 0.8], [0.8, -0.6]),
    forgetEmbeddings: matrix([2, 0]),
    protectedConcepts: [{ text: 'north', weight: 1, extractor: 'test' }],
    protectedEmbeddings: matrix([0, 3]),
  }

  it('lower the score of a neuron by its likeness to them, where that is above 0', () => {
    const ranking = rank('snip', inputs, 'protected')
    expect(ranking.neurons.map(({ neuron }) => neuron)).toEqual(['mlp:0:0', 'mlp:0:2', 'mlp:0:1'])
    expect(ranking.neurons[1]!.score).toBeCloseTo(0.8, 6)
    expect(ranking.neurons[2]!.score).toBeCloseTo(0.6 - 0.8, 6)
    expect(ranking.header.warnings).toEqual([
      'Scores are lowered by the likeness to protected concepts (1): an extension of SNIP',
    ])
  })

  it('count for nothing in the published presets', () => {
    const without = { ...inputs, protectedConcepts: undefined, protectedEmbeddings: undefined }
    for (const preset of ['paper', 'as-released', 'corrected']) {
      expect(brief(rank('snip', inputs, preset))).toEqual(brief(rank('snip', without as never, preset)))
    }
  })
})

describe('the LLM-rated ranking', () => {
  const concepts = [0, 1, 2].map((index) => concept(`mlp:1:${index}`, 'words', null))

  it('orders by rating, ties by place, and leaves unrated neurons out', () => {
    const ranking = rank('llm-rated', {
      concepts: [...concepts, concept('mlp:0:2', 'verbs', 0.9)],
      conceptRatings: [
        { neuron: 'mlp:1:0', rating: 4, rater: 'test' },
        { neuron: 'mlp:1:2', rating: 9, rater: 'test' },
        { neuron: 'mlp:1:1', rating: null, rater: 'test', reason: 'the reply leaves this concept out' },
        { neuron: 'mlp:0:2', rating: 4, rater: 'test' },
      ],
    })
    expect(brief(ranking)).toEqual([
      ['mlp:1:2', 9],
      ['mlp:0:2', 4],
      ['mlp:1:0', 4],
    ])
    expect(ranking.header.warnings).toEqual(['1 concept has no rating and was left out'])
  })

  it('leaves out what changed after it was rated, and says how many', () => {
    const rated = (index: number, rating: number | null, text?: string) => {
      return { neuron: `mlp:1:${index}`, rating, rater: 'test', ...(text === undefined ? {} : { text }) } as const
    }
    const ranking = rank('llm-rated', {
      concepts,
      conceptRatings: [rated(0, 4, 'words'), rated(1, 9, 'an older sentence'), rated(2, 5)],
    })
    expect(brief(ranking)).toEqual([
      ['mlp:1:2', 5],
      ['mlp:1:0', 4],
    ])
    expect(ranking.header.warnings).toEqual(['1 concept changed after it was rated and was left out'])
  })
})
