import { describe, expect, it } from 'vitest'
import { formatNeuron } from '../../../src/contract/neuron.ts'
import {
  countNeurons,
  createNeuronSpace,
  findNeuron,
  flattenNeuron,
  neuronsOf,
  restrictSpace,
  unflattenNeuron,
} from '../../../src/core/ranking/neuron-space.ts'

const space = createNeuronSpace({ attention: [2, 1], mlp: [3, 0, 2] })

describe('a neuron space', () => {
  it('counts MLP neurons first, layer by layer', () => {
    expect(Array.from(neuronsOf(space), formatNeuron)).toEqual([
      'mlp:0:0',
      'mlp:0:1',
      'mlp:0:2',
      'mlp:2:0',
      'mlp:2:1',
      'attention:0:0',
      'attention:0:1',
      'attention:1:0',
    ])
    expect(countNeurons(space)).toBe(8)
  })

  it('flattens and unflattens every neuron', () => {
    const neurons = Array.from(neuronsOf(space))
    expect(neurons.map((neuron) => flattenNeuron(space, neuron))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(neurons.map((_, flat) => unflattenNeuron(space, flat))).toEqual(neurons)
    expect(() => unflattenNeuron(space, 8)).toThrow('flat neuron index 8')
  })

  it('says what is legal when there is no such neuron', () => {
    expect(findNeuron(space, { site: 'mlp', layer: 1, index: 0 })).toBeNull()
    expect(() => flattenNeuron(space, { site: 'mlp', layer: 2, index: 2 })).toThrow(
      "There is no neuron mlp:2:2: layer 2 of site 'mlp' has neurons 0 to 1",
    )
    expect(() => flattenNeuron(space, { site: 'attention', layer: 2, index: 0 })).toThrow('has layers 0 to 1')
  })

  it('can be restricted to a site that it has', () => {
    const attention = restrictSpace(space, ['attention'])
    expect(countNeurons(attention)).toBe(3)
    expect(unflattenNeuron(attention, 0)).toEqual({ site: 'attention', layer: 0, index: 0 })
    expect(() => restrictSpace(attention, ['mlp'])).toThrow("no neurons of site 'mlp'")
  })
})
