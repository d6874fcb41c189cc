import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { conceptsTogether, leftOutWarnings, usableConcepts } from '../concept-neurons.ts'
import { type RankingMethod, sitesParam } from '../method.ts'
import { countNeurons, restrictSpace } from '../neuron-space.ts'

const params = z.strictObject({
  keywords: z
    .array(z.string().min(1))
    .default([])
    .describe('A neuron is selected if its concept contains one of these'),
  sites: sitesParam('mlp'),
})

/**
 * The keyword baseline of SNIP: a neuron is selected if any keyword is a substring (case-insensitive) of its concept,
 * and selected neurons are ordered by explanation score. Neurons whose score is not known come last: as a ranking needs
 * a number, they get one below every known score, and a warning says how many they are.
 */
export const keywordRanking: RankingMethod<typeof params> = {
  id: 'keyword',
  name: 'Keyword in the concept',
  citation: 'SNIP, keyword baseline',
  params,
  presets: { paper: {} },
  needs: ['concepts'],
  seeded: false,
  *run(inputs, { keywords, sites }) {
    if (keywords.length === 0) {
      throw new SnipError('bad-argument', 'The keyword ranking was given no keyword', {
        remedy: 'Give at least one, for instance --keywords verb,action.',
      })
    }
    if (inputs.concepts === undefined) {
      throw new SnipError('bad-argument', 'The keyword ranking needs concepts', { remedy: 'Give a concepts file.' })
    }
    const space = restrictSpace(inputs.space, sites)
    const { rows, flats, leftOut } = yield* usableConcepts(inputs.concepts, inputs.space, space)
    const lowered = keywords.map((keyword) => keyword.toLowerCase())
    const known = new Map<number, number | null>()
    let lowest = -1
    for (let at = 0; at < rows.length; at++) {
      if (at % conceptsTogether === 0) yield
      const concept = inputs.concepts[rows[at] as number]
      const flat = flats[at] as number
      const text = concept?.text.toLowerCase() ?? ''
      if (!lowered.some((keyword) => text.includes(keyword))) continue
      const score = concept?.score ?? null
      const other = known.get(flat) ?? null
      known.set(flat, score === null || (other !== null && other > score) ? other : score)
      if (score !== null) lowest = Math.min(lowest, score)
    }
    const scores = new Float64Array(countNeurons(space))
    let unscored = 0
    for (const [flat, score] of known) {
      scores[flat] = score ?? lowest - 1
      if (score === null) unscored += 1
    }
    const warnings = leftOutWarnings(leftOut)
    if (unscored > 0) {
      const [neurons, have] = unscored === 1 ? ['neuron', 'has'] : ['neurons', 'have']
      warnings.push(
        `${unscored} selected ${neurons} ${have} no explanation score and ${unscored === 1 ? 'ranks' : 'rank'} behind all others`,
      )
    }
    if (known.size === 0) warnings.push('No concept contains any of the keywords: the ranking is empty')
    return { space, scores, ranked: [...known.keys()], warnings }
  },
}
