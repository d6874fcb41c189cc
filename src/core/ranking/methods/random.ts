import { z } from 'zod'
import { createRandom, deriveSeed } from '../../stats/random.ts'
import { type RankingMethod, sitesParam } from '../method.ts'
import { countNeurons, restrictSpace } from '../neuron-space.ts'

/** Draws of one step. */
const drawsTogether = 50_000

const params = z.strictObject({ sites: sitesParam('mlp') })

/** A seeded random order of all neurons of the sites: the control of every other ranking. Scores are uniform draws. */
export const randomRanking: RankingMethod<typeof params> = {
  id: 'random',
  name: 'Random order',
  citation: 'The random baseline of SNIP and of selective pruning (arXiv 2403.01267)',
  params,
  presets: { paper: {} },
  needs: [],
  seeded: true,
  *run(inputs, { sites }) {
    const space = restrictSpace(inputs.space, sites)
    const random = createRandom(deriveSeed(inputs.seed, 'ranking/random'))
    const scores = new Float64Array(countNeurons(space))
    for (let flat = 0; flat < scores.length; flat++) {
      if (flat % drawsTogether === 0) yield
      scores[flat] = random.uniform()
    }
    return { space, scores, ranked: null, warnings: [] }
  },
}
