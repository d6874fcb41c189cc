import { expect, test } from 'vitest'
import { runsWithValues } from '../../../src/renderer/components/StripMapCells.ts'

const runs = [
  { site: 'mlp', layer: 0, first: 0, width: 2 },
  { site: 'attention', layer: 0, first: 2, width: 1 },
]

test('a map shows the sites of which its column says anything', () => {
  expect(runsWithValues(runs, [0.5, Number.NaN, Number.NaN])).toEqual([runs[0]])
  expect(runsWithValues(runs, [0.5, 1, 0])).toEqual(runs)
})

test('a layer of which nothing is ranked has its place among those of its site', () => {
  const second = { site: 'mlp', layer: 1, first: 3, width: 1 }
  expect(runsWithValues([...runs, second], [Number.NaN, Number.NaN, Number.NaN, 0.5])).toEqual([runs[0], second])
})

test('a map of a column without values shows every layer', () => {
  expect(runsWithValues(runs, [Number.NaN, Number.NaN, Number.NaN])).toEqual(runs)
})
