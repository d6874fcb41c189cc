import type { ModelFacts } from '../../../contract/engine-host.ts'
import { countNeurons, restrictSpace } from '../../../core/ranking/neuron-space.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Task } from '../task.ts'
import { neuronSpaceOf, type Models } from './models.ts'

/** What there is to know of a model without running it. */
export interface ModelReport extends Omit<ModelFacts, 'handle' | 'neurons' | 'headCounts' | 'keyValueHeadCounts'> {
  readonly modelHash: string
  /** Types of the stored weights, joined by `+`. */
  readonly dtype: string
  /** Heads of the layers that have most; `headsPerLayer` differs in pruned exports only. */
  readonly heads: number
  readonly keyValueHeads: number
  readonly headsPerLayer: readonly number[]
  readonly keyValueHeadsPerLayer: readonly number[]
  /** Neurons of each site, and per layer. */
  readonly neurons: { readonly mlp: number; readonly attention: number }
  readonly neuronsPerLayer: ModelFacts['neurons']
}

/** Facts and hash of a model. */
export async function inspectModel(models: Models, model: ModelReference, task: Task): Promise<ModelReport> {
  const facts = await models.open(model, task.signal)
  const modelHash = await models.modelHash(model, task.signal)
  const space = neuronSpaceOf(facts)
  const count = (site: 'mlp' | 'attention') =>
    space.sites.includes(site) ? countNeurons(restrictSpace(space, [site])) : 0
  const { handle: _, neurons, headCounts, keyValueHeadCounts, ...rest } = facts
  return {
    ...rest,
    modelHash,
    dtype: facts.weightTypes.join('+'),
    heads: Math.max(0, ...headCounts),
    keyValueHeads: Math.max(0, ...keyValueHeadCounts),
    headsPerLayer: headCounts,
    keyValueHeadsPerLayer: keyValueHeadCounts,
    neurons: { mlp: count('mlp'), attention: count('attention') },
    neuronsPerLayer: neurons,
  }
}
