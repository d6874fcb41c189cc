import { describe, expect, test } from 'vitest'
import { neuronIdOf, readJump, rowOf } from '../../src/renderer/views/neurons/neuron-columns.ts'
import type { NeuronColumns, RankColumns } from '../../src/renderer/views/neurons/neuron-columns.ts'
import { inSlices } from '../../src/renderer/views/neurons/slices.ts'
import { emptyFilter, filterRows, sortRows } from '../../src/renderer/views/neurons/table-order.ts'

const layout = [
  { site: 'mlp' as const, layer: 0, first: 0, width: 3 },
  { site: 'mlp' as const, layer: 1, first: 3, width: 3 },
  { site: 'attention' as const, layer: 0, first: 6, width: 2 },
]

function table(): NeuronColumns {
  const rows = 8
  const some = (values: number[]) => Float32Array.from(values)
  return {
    revision: 1,
    rows,
    layout,
    freq: some([0.5, 0, -0, 0.25, 1, 0.5, 0.125, 0.75]),
    meanAbs: new Float32Array(rows),
    rms: new Float32Array(rows),
    stdPopulation: new Float32Array(rows),
    mean: some([-1, 2, -3, 0, 5, -0.5, 1e-9, -1e9]),
    max: new Float32Array(rows),
    conceptScore: some([Number.NaN, 0.5, -0.25, Number.NaN, 0.75, 0, 0.5, -1]),
    status: Uint8Array.from([0, 1, 2, 3, 4, 5, 1, 1]),
    pin: Uint8Array.from([0, 1, 2, 0, 0, 0, 0, 1]),
    concepts: ['', 'Past-tense verbs', 'indentation', '', 'verbs of speech', 'אותיות עבריות', '🙂 emoji', 'brackets'],
  }
}

const ranks: RankColumns = {
  id: 'r',
  importance: Float32Array.from([0.1, Number.NaN, 0.9, 0.9, 0.2, 0.3, Number.NaN, Number.NaN]),
  rank: Uint32Array.from([5, 0, 1, 2, 4, 3, 0, 0]),
  ranked: 5,
  neuronCount: 6,
  ordered: Float32Array.from([0.9, 0.9, 0.3, 0.2, 0.1]),
}

const all = Uint32Array.from([0, 1, 2, 3, 4, 5, 6, 7])
const slices = () => inSlices(new AbortController().signal)
const sorted = async (key: Parameters<typeof sortRows>[3]['key'], descending: boolean) =>
  Array.from((await sortRows(all, table(), ranks, { key, descending }, slices()))!)

describe('neuron table', () => {
  test('rows and neuron ids name each other', () => {
    for (let row = 0; row < 8; row++) expect(rowOf(layout, neuronIdOf(layout, row))).toBe(row)
    expect(neuronIdOf(layout, 7)).toBe('attention:0:1')
    expect(rowOf(layout, 'attention:0:2')).toBe(-1)
    expect(rowOf(layout, 'nonsense')).toBe(-1)
  })

  test('a jump is read as layer and index, with or without the site', () => {
    expect(readJump(layout, '1:2')).toEqual({ row: 5 })
    expect(readJump(layout, ' attention 0 1 ')).toEqual({ row: 7 })
    expect(readJump(layout, 'mlp:1:3')).toEqual({ problem: 'Layer 1 of mlp has neurons 0 to 2.' })
    expect(readJump(layout, '7:0')).toEqual({ problem: 'Layers of mlp go from 0 to 1.' })
    expect(readJump(layout, 'verbs')).toEqual({ problem: 'Type layer:index, for instance 3:117 or attention:0:5.' })
  })

  test('numbers sort with ties in table order and rows without a value last, both ways', async () => {
    expect(await sorted('freq', false)).toEqual([1, 2, 6, 3, 0, 5, 7, 4])
    expect(await sorted('freq', true)).toEqual([4, 7, 0, 5, 3, 6, 1, 2])
    expect(await sorted('conceptScore', false)).toEqual([7, 2, 5, 1, 6, 4, 0, 3])
    expect(await sorted('conceptScore', true)).toEqual([4, 1, 6, 5, 2, 7, 0, 3])
    expect(await sorted('rank', false)).toEqual([2, 3, 5, 4, 0, 1, 6, 7])
    expect(await sorted('importance', true)).toEqual([2, 3, 5, 4, 0, 1, 6, 7])
  })

  test('concepts sort by text, rows without one last', async () => {
    expect((await sorted('concept', false)).slice(0, 4)).toEqual([1, 7, 2, 4])
    expect((await sorted('concept', false)).slice(-2)).toEqual([0, 3])
    expect((await sorted('concept', true)).slice(-2)).toEqual([0, 3])
  })

  test('filters combine: words whatever the case, site, layer, status, pin, brush and the cut', async () => {
    const found = async (filter: Partial<typeof emptyFilter>) =>
      Array.from((await filterRows(table(), ranks, 2, { ...emptyFilter, ...filter }, slices()))!)
    expect(await found({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(await found({ text: 'VERBS' })).toEqual([1, 4])
    expect(await found({ text: 'verbs speech' })).toEqual([4])
    expect(await found({ text: 'עבריות' })).toEqual([5])
    expect(await found({ text: 'mlp:1:' })).toEqual([3, 4, 5])
    expect(await found({ site: 'attention' })).toEqual([6, 7])
    expect(await found({ layer: 0 })).toEqual([0, 1, 2, 6, 7])
    expect(await found({ status: 1 })).toEqual([1, 6, 7])
    expect(await found({ pin: 1 })).toEqual([1, 7])
    expect(await found({ brush: { from: 2, to: 5 } })).toEqual([2, 3, 4])
    expect(await found({ cutOnly: true })).toEqual([2, 3])
  })

  test('350,000 rows sort as a plain sort would, and an aborted sort gives nothing', async () => {
    const rows = 350_000
    const freq = new Float32Array(rows)
    for (let row = 0; row < rows; row++) freq[row] = ((row * 7919) % 99_991) / 1000 - 50
    const columns: NeuronColumns = {
      ...table(),
      rows,
      layout: [{ site: 'mlp', layer: 0, first: 0, width: rows }],
      freq,
    }
    const order = Uint32Array.from({ length: rows }, (_, row) => row)
    const expected = order.slice().sort((a, b) => freq[b]! - freq[a]! || a - b)
    const got = await sortRows(order, columns, null, { key: 'freq', descending: true }, slices())
    expect(got).toEqual(expected)
    const aborted = new AbortController()
    aborted.abort()
    const nothing = await sortRows(order, columns, null, { key: 'freq', descending: true }, inSlices(aborted.signal))
    expect(nothing).toBeNull()
  })
})
