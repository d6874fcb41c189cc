import { describe, expect, it } from 'vitest'
import { layerCounter } from '../../../src/renderer/views/prune/layer-counts.ts'

const layers = [
  { site: 'mlp', layer: 0, first: 0, width: 1000 },
  { site: 'mlp', layer: 1, first: 1000, width: 1000 },
  { site: 'attention', layer: 0, first: 2000, width: 48 },
] as const

describe('counts by layer', () => {
  const rows = Uint32Array.from({ length: 2048 }, (_, i) => (i * 1021) % 2048)
  const counter = layerCounter(rows, layers)

  it('equal a plain count for every k', () => {
    const counts = [0, 0, 0, 0]
    for (let k = 0; k <= rows.length; k++) {
      expect([...counter.countsAt(k)]).toEqual(counts)
      const row = rows[k] ?? 0
      const layer = row < 1000 ? 0 : row < 2000 ? 1 : 2
      counts[layer] = (counts[layer] ?? 0) + 1
    }
  })

  it('end with all neurons of every layer', () => {
    expect([...counter.countsAt(2048)]).toEqual([1000, 1000, 48, 0])
    expect([...counter.countsAt(9999)]).toEqual([1000, 1000, 48, 0])
  })

  it('keep neurons that no layer of the table holds apart', () => {
    const withUnknown = layerCounter(Uint32Array.of(4294967295, 5, 4294967295), layers)
    expect([...withUnknown.countsAt(1)]).toEqual([0, 0, 0, 1])
    expect([...withUnknown.countsAt(3)]).toEqual([1, 0, 0, 2])
  })
})
