import { describe, expect, test } from 'vitest'
import { createNeuronSpace, noRow, tableRowsOf } from '../../../src/core/ranking/neuron-space.ts'
import { applyPins } from '../../../src/core/ranking/pinned-order.ts'

const none = 0
const always = 1
const never = 2

describe('a ranking with pins', () => {
  const flats = Uint32Array.of(4, 2, 0, 1)
  const scores = Float64Array.of(0.9, 0.5, 0.4, -1)

  test('is the ranking itself when nothing is pinned', () => {
    const order = applyPins(flats, scores, new Uint8Array(6))
    expect([...order.flats]).toEqual([4, 2, 0, 1])
    expect([...order.scores]).toEqual([...Float32Array.from(scores)])
    expect(order.pinnedAlways).toBe(0)
  })

  test('begins with the always-pruned in their order and leaves the never-pruned out', () => {
    const order = applyPins(flats, scores, Uint8Array.of(always, none, always, none, never, none))
    expect([...order.flats]).toEqual([2, 0, 1])
    expect([...order.scores]).toEqual([0.5, Math.fround(0.4), -1])
    expect(order.pinnedAlways).toBe(2)
  })

  test('puts pinned neurons that it does not order behind those that it does, without a score', () => {
    const order = applyPins(flats, scores, Uint8Array.of(none, always, none, always, none, always))
    expect([...order.flats]).toEqual([1, 3, 5, 4, 2, 0])
    expect([...order.scores.subarray(0, 3)]).toEqual([-1, Number.NaN, Number.NaN])
    expect(order.pinnedAlways).toBe(3)
  })

  test('holds nothing when every neuron is never pruned', () => {
    expect(applyPins(flats, scores, new Uint8Array(6).fill(never)).flats.length).toBe(0)
  })

  test('leaves what it was given as it is', () => {
    applyPins(flats, scores, Uint8Array.of(always, never, always, none, never, none))
    expect([...flats]).toEqual([4, 2, 0, 1])
  })
})

describe('rows of the neuron table', () => {
  const space = createNeuronSpace({ mlp: [3, 2], attention: [2, 2] })
  const flats = Uint32Array.of(8, 0, 4, 5)

  test('are the flat indices when all sites were recorded', () => {
    expect([...tableRowsOf(space, ['mlp', 'attention'], flats)]).toEqual([8, 0, 4, 5])
  })

  test('skip the sites that were not', () => {
    expect([...tableRowsOf(space, ['attention'], flats)]).toEqual([3, noRow, noRow, 0])
    expect([...tableRowsOf(space, ['mlp'], flats)]).toEqual([noRow, 0, 4, noRow])
  })
})
