import { expect, test } from 'vitest'
import { runsWithValues } from '../../../src/renderer/components/StripMapCells.ts'

const runs = [
  { site: 'mlp', layer: 0, first: 0, width: 2 },
  { site: 'attention', layer: 0, first: 2, width: 1 },
]

test('a map shows the layers of which its column says anything', () => {
  expect(runsWithValues(runs, [0.5, Number.NaN, Number.NaN])).toEqual([runs[0]])
  expect(runsWithValues(runs, [0.5, 1, 0])).toEqual(runs)
})

test('a map of a column without values shows every layer', () => {
  expect(runsWithValues(runs, [Number.NaN, Number.NaN, Number.NaN])).toEqual(runs)
})
