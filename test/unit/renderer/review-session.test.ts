import { describe, expect, test } from 'vitest'
import type { NeuronPage } from '../../../src/contract/workbench/neurons.ts'
import type { ReviewQueue } from '../../../src/contract/workbench/review.ts'
import { countJudged, paceOf } from '../../../src/renderer/views/review/use-session.ts'

const queue = {} as ReviewQueue
const step = (neuron: string, status: string, more: object = {}) => ({
  neuron,
  before: { concept: { status } } as NeuronPage,
  place: 3,
  queue,
  ...more,
})

describe('what was reviewed since the queue was asked for', () => {
  test('counts each neuron once, and only those that were open', () => {
    const steps = [step('mlp:0:1', 'suggested'), step('mlp:0:1', 'accepted'), step('mlp:0:2', 'rejected')]
    expect(countJudged(steps, queue)).toBe(1)
  })

  test('leaves out what a later queue has counted itself, and neurons that are not in the queue', () => {
    const steps = [
      step('mlp:0:1', 'suggested', { queue: {} }),
      step('mlp:0:2', 'suggested', { place: -1 }),
      step('mlp:0:3', 'suggested'),
    ]
    expect(countJudged(steps, queue)).toBe(1)
  })

  test('has a pace after three judgements, over the last five minutes', () => {
    expect(paceOf([0, 3000])).toBeNull()
    expect(paceOf([0, 3000, 6000])).toBe(20)
    expect(paceOf([0, 600_000, 603_000, 606_000])).toBe(20)
  })
})
