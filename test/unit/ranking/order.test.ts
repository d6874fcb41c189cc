import { describe, expect, test } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { formatNeuron, type Neuron } from '../../../src/contract/neuron.ts'
import {
  createNeuronSpace,
  findNeuron,
  flatIndexOf,
  neuronIdsOf,
  neuronsOf,
} from '../../../src/core/ranking/neuron-space.ts'
import { orderFlats } from '../../../src/core/ranking/order.ts'
import { createRandom } from '../../../src/core/stats/random.ts'

const space = createNeuronSpace({ mlp: [300, 500, 0, 400], attention: [320, 280, 300, 310] })
const neurons = [...neuronsOf(space)]

/** The order as the rule states it, comparison by comparison. */
function plainOrder(scores: Float64Array, flats: readonly number[]): number[] {
  return flats.toSorted((a, b) => {
    const first = neurons[a] as Neuron
    const second = neurons[b] as Neuron
    return (
      (scores[b] as number) - (scores[a] as number) || first.layer - second.layer || first.index - second.index || a - b
    )
  })
}

const all = neurons.map((_, flat) => flat)

describe('the order of scored neurons', () => {
  test('is that of the plain comparison when many scores are equal', () => {
    const random = createRandom(3)
    const scores = Float64Array.from(all, () => Math.round(random.uniform() * 20) / 10 - 1)
    expect(Array.from(orderFlats(space, scores, null))).toEqual(plainOrder(scores, all))
  })

  test('is that of the plain comparison over all sizes and signs of number', () => {
    const random = createRandom(4)
    const special = [0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1, -1, 1 + Number.EPSILON]
    const scores = Float64Array.from(all, (flat) =>
      flat % 3 === 0
        ? (special[random.integer(special.length)] as number)
        : (random.uniform() - 0.5) * 10 ** (random.integer(600) - 300),
    )
    expect(Array.from(orderFlats(space, scores, null))).toEqual(plainOrder(scores, all))
  })

  test('is that of the plain comparison when scores differ in their last bits alone', () => {
    const random = createRandom(6)
    for (const steps of [3, 50, 5000]) {
      const scores = Float64Array.from(all, () => 1 + random.integer(steps) * Number.EPSILON)
      expect(Array.from(orderFlats(space, scores, null))).toEqual(plainOrder(scores, all))
    }
  })

  test('holds only the ranked neurons when some are chosen', () => {
    const random = createRandom(5)
    const scores = Float64Array.from(all, () => random.integer(7))
    const ranked = random.sample(all.length, 500)
    expect(Array.from(orderFlats(space, scores, ranked))).toEqual(plainOrder(scores, ranked))
  })

  test('gives equal scores to the lower layer, then the lower index, then the MLP', () => {
    const small = createNeuronSpace({ mlp: [2, 1], attention: [3, 1] })
    const ids = neuronIdsOf(small)
    expect(Array.from(orderFlats(small, new Float64Array(7), null), ids)).toEqual([
      'mlp:0:0',
      'attention:0:0',
      'mlp:0:1',
      'attention:0:1',
      'attention:0:2',
      'mlp:1:0',
      'attention:1:0',
    ])
  })

  test('refuses a score that is no number, but only where it is ranked', () => {
    const scores = new Float64Array(all.length)
    scores[301] = Number.NaN
    expect(() => orderFlats(space, scores, null)).toThrow(SnipError)
    expect(() => orderFlats(space, scores, null)).toThrow('mlp:1:1')
    expect(orderFlats(space, scores, [3, 2])).toEqual(Uint32Array.of(2, 3))
  })
})

describe('names and flat indices', () => {
  test('agree with the slow way for every neuron, skipping layers without neurons', () => {
    const nameOf = neuronIdsOf(space)
    const flatOf = flatIndexOf(space)
    for (const [flat, neuron] of neurons.entries()) {
      const id = formatNeuron(neuron)
      expect(nameOf(flat)).toBe(id)
      expect(flatOf(id)).toBe(flat)
      expect(findNeuron(space, neuron)).toBe(flat)
    }
  })

  test('are refused beyond the space', () => {
    const flatOf = flatIndexOf(space)
    for (const id of ['mlp:0:300', 'mlp:2:0', 'mlp:4:0', 'mlp:0:01', 'mlp:0:-1', 'mlp:0:', 'mlp', '', 'other:0:1']) {
      expect(flatOf(id)).toBeNull()
    }
    expect(() => neuronIdsOf(space)(neurons.length)).toThrow('Broken assumption')
  })
})
