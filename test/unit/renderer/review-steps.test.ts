import { describe, expect, test } from 'vitest'
import type { NeuronPage } from '../../../src/contract/workbench/neurons.ts'
import { ReviewSteps, type ReviewStep } from '../../../src/renderer/views/review/review-steps.ts'

const before = {} as NeuronPage
const step = (neuron: string): ReviewStep => ({ neuron, kind: 'judged', before, place: 0, queue: null, at: 0 })

function done(...neurons: string[]) {
  const steps = new ReviewSteps()
  const made = neurons.map(step)
  for (const one of made) steps.did(one)
  return { steps, made, names: () => steps.done.map(({ neuron }) => neuron) }
}

describe('the steps of a review', () => {
  test('are taken back and done again in their order, with the edits of the workspace', () => {
    const { steps, made, names } = done('a', 'b')
    expect(steps.undo()).toBe(made[1])
    expect(names()).toEqual(['a'])
    expect(steps.wasUndone(made[1]!, 'b')).toBe(true)
    steps.wasUndone(steps.undo(), 'a')
    expect([steps.redo('b'), steps.redo('a'), steps.redo('b'), steps.redo('b')]).toEqual([null, made[0], made[1], null])
    expect(names()).toEqual(['a', 'b'])
  })

  test('stand again where undo took back an edit that was made elsewhere', () => {
    const { steps, names } = done('a', 'b')
    for (const neuron of ['c', null]) {
      const expected = steps.undo()
      expect(steps.wasUndone(expected, neuron)).toBe(false)
      // What was said twice, of a call that was tried again, counts once.
      expect(steps.wasUndone(expected, neuron)).toBe(false)
      expect(names()).toEqual(['a', 'b'])
    }
    expect(steps.redo('b')).toBeNull()
  })

  test('that could not be saved are not taken back: the one before is', () => {
    const { steps, made, names } = done('a', 'b', 'c')
    const expected = steps.undo()
    steps.forget(made[2]!)
    expect(steps.wasUndone(expected, 'b')).toBe(false)
    expect(names()).toEqual(['a'])
    expect(steps.redo('b')).toBe(made[1])
  })

  test('that changed nothing are forgotten once undo takes back one before them', () => {
    const { steps, made, names } = done('a', 'b', 'c')
    expect(steps.wasUndone(steps.undo(), 'a')).toBe(false)
    expect(names()).toEqual([])
    expect(steps.redo('a')).toBe(made[0])
  })

  test('cannot be done again once something else was done', () => {
    const { steps, names } = done('a')
    steps.wasUndone(steps.undo(), 'a')
    steps.did(step('b'))
    expect(steps.redo('a')).toBeNull()
    expect(names()).toEqual(['b'])
  })

  test('that there are none of are expected of nobody', () => {
    const steps = new ReviewSteps()
    expect([steps.undo(), steps.wasUndone(null, 'a'), steps.done]).toEqual([null, false, []])
  })
})
