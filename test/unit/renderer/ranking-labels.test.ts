import { expect, it } from 'vitest'
import { rankingLabel } from '../../../src/renderer/views/prune/ranking-labels.ts'

it('a ranking is labelled by its task, its method and its preset, in this order', () => {
  expect(rankingLabel('SNIP: concept similarity (corrected), Forget Python')).toBe('Forget Python: SNIP (corrected)')
  expect(rankingLabel('Selective pruning: activation ratio, Forget verbs')).toBe('Forget verbs: Selective pruning')
  expect(rankingLabel('Random order, Forget verbs')).toBe('Forget verbs: Random order')
})

it('a ranking without a task keeps its name', () => {
  for (const name of ['SNIP: concept similarity (paper)', 'Random order', 'Keyword in the concept 2']) {
    expect(rankingLabel(name)).toBe(name)
  }
})
