import { SnipError } from '../../contract/failure.ts'
import type { Plan } from '../../contract/files.ts'
import { type Neuron, parseNeuron } from '../../contract/neuron.ts'
import type { FixedNeuron } from './fold-replacement.ts'

/** The means of a plan in the order of its neurons, f32 as they are used; null where zero replaces them. Throws `bad-plan`. */
export function meansOf({ neurons, replacement, means }: Plan, where: string): Float32Array | null {
  if (replacement === 'zero') {
    if (means === undefined) return null
    throw new SnipError('bad-plan', `${where} has means, but replaces neurons by zero`, {
      remedy: 'Set "replacement" to "mean", or leave the means out.',
    })
  }
  if (means?.length !== neurons.length) {
    throw new SnipError('bad-plan', `${where} has ${means?.length ?? 0} means for ${neurons.length} neurons`, {
      remedy: 'Make it with snip plan --replacement mean --recording DIR.',
    })
  }
  const values = Float32Array.from(means)
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad === -1) return values
  throw new SnipError('bad-plan', `${where}: the mean of ${neurons[bad]} is not a finite number`, {
    remedy: 'Record again, and make the plan anew.',
  })
}

/** The removed neurons that stay at their mean; none where zero replaces them. */
export function fixedNeurons(plan: Plan): FixedNeuron[] {
  const means = meansOf(plan, 'The plan')
  if (means === null) return []
  return plan.neurons.map((id, index) => ({ ...parseNeuron(id)!, value: means[index]! }))
}

/** The plan with its neurons fixed at their means instead of zero; `meanOf` gives those of a recording. */
export function withMeans(plan: Plan, meanOf: (neuron: Neuron) => number): Plan {
  const means = plan.neurons.map((id) => Math.fround(meanOf(parseNeuron(id)!)))
  return { ...plan, replacement: 'mean', means }
}
