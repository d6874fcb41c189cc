import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { type ImportanceName, type NeuronStatistics, importanceAsReleased, importanceNames } from '../importance.ts'
import { type RankingMethod, sitesParam } from '../method.ts'
import { type NeuronSpace, countNeurons, restrictSpace } from '../neuron-space.ts'

const params = z.strictObject({
  importance: z.enum(importanceNames).default('meanAbs').describe('How much a neuron does on a corpus'),
  epsilon: z
    .union([z.number().positive(), z.strictObject({ mlp: z.number().positive(), attention: z.number().positive() })])
    .default({ mlp: 1e-3, attention: 1e-4 })
    .describe('Added to the retain importance; one number for all sites, or one per site'),
  formula: z
    .enum(['intended', 'as-released'])
    .default('intended')
    .describe('as-released: the standard deviation is a variance, and rms is made from it, as in the published code'),
  sites: sitesParam('mlp'),
})

/**
 * Selective pruning: score = I(forget) / (I(retain) + epsilon), Definitions 1 and 2. The paper ranks MLP and attention
 * neurons apart, each with its own fraction; naming both sites ranks them in one list.
 */
export const activationRatioRanking: RankingMethod<typeof params> = {
  id: 'activation-ratio',
  name: 'Selective pruning: activation ratio',
  citation: 'Pochinkov and Schoots, Dissecting Language Models: Machine Unlearning via Selective Pruning, 2403.01267',
  params,
  presets: {
    paper: { formula: 'intended' },
    'as-released': { formula: 'as-released' },
    corrected: { formula: 'intended' },
  },
  needs: ['forgetStatistics', 'retainStatistics'],
  seeded: false,
  *run(inputs, { importance, epsilon, formula, sites }) {
    const { forgetStatistics, retainStatistics } = inputs
    if (!forgetStatistics || !retainStatistics) {
      throw new SnipError(
        'bad-argument',
        'The activation ratio needs a recording of the forget and of the retain data',
        {
          remedy: 'Record both corpora on this model first.',
        },
      )
    }
    const total = countNeurons(inputs.space)
    for (const statistics of [forgetStatistics, retainStatistics]) {
      if (statistics.mean.length === total) continue
      throw new SnipError('bad-data', `A recording has ${statistics.mean.length} neurons, the model ${total}`, {
        remedy: 'Use two recordings of this model with the same sites.',
      })
    }
    const space = restrictSpace(inputs.space, sites)
    const scores = new Float64Array(countNeurons(space))
    let at = 0
    for (const { from, neurons, site } of runsOf(inputs.space, space)) {
      yield
      const added = typeof epsilon === 'number' ? epsilon : epsilon[site]
      for (let flat = from; flat < from + neurons; flat++) {
        const forget = importanceOf(forgetStatistics, importance, formula, flat)
        const retain = importanceOf(retainStatistics, importance, formula, flat)
        scores[at] = forget / (retain + added)
        at += 1
      }
    }
    return { space, scores, ranked: null, warnings: [] }
  },
}

/** Where each site of `part` lies in the flat order of `whole`. */
function* runsOf(whole: NeuronSpace, part: NeuronSpace) {
  let from = 0
  for (const site of whole.sites) {
    const neurons = whole.layerWidths[site].reduce((sum, width) => sum + width, 0)
    if (part.sites.includes(site)) yield { site, from, neurons }
    from += neurons
  }
}

function importanceOf(
  statistics: NeuronStatistics,
  name: ImportanceName,
  formula: 'intended' | 'as-released',
  flat: number,
): number {
  return formula === 'intended' ? (statistics[name][flat] as number) : importanceAsReleased(statistics, name, flat)
}
