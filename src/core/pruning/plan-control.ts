import { invariant } from '../../contract/failure.ts'
import type { Plan } from '../../contract/files.ts'
import { rankNeurons } from '../ranking/rank.ts'
import { randomRanking } from '../ranking/methods/random.ts'
import { type NeuronSpace, countNeurons } from '../ranking/neuron-space.ts'
import { planFromRanking } from './plan.ts'

/**
 * The random control of a plan: k neurons of `space` (the ranked sites), drawn over all layers together, without a quota
 * per layer. Controls of one seed are nested: a smaller k is part of a greater one. It is the top k of the `random`
 * ranking of that seed.
 */
export function controlTop(space: NeuronSpace, k: number, seed: number, modelHash: string | null = null): Plan {
  const neuronCount = countNeurons(space)
  invariant(Number.isInteger(k) && k >= 0 && k <= neuronCount, `a control of ${k} among ${neuronCount} neurons`)
  const ranking = rankNeurons(randomRanking, { space, seed }, { modelHash, params: { sites: [...space.sites] } })
  return planFromRanking(ranking, k).plan
}
