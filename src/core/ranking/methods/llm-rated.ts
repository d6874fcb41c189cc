import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { conceptsTogether, leftOutWarnings, usableConcepts } from '../concept-neurons.ts'
import { type RankingMethod, sitesParam } from '../method.ts'
import { countNeurons, restrictSpace } from '../neuron-space.ts'

const params = z.strictObject({ sites: sitesParam('mlp') })

/**
 * The LLM-rated baseline of SNIP: a language model sees examples of the forget set and a neuron's concept and rates its importance
 * from 0 to 10. Ratings are whole numbers, so many neurons tie: ties go to the lower layer, then the lower index. Neurons without a
 * rating (the reply left them out, or named two) are not ranked, and a warning counts them; nor are those whose sentence is no longer the
 * one that was rated. Ratings that do not say what was rated hold for any sentence.
 */
export const llmRatedRanking: RankingMethod<typeof params> = {
  id: 'llm-rated',
  name: 'Rated by a language model',
  citation: 'SNIP, GPT-4-selected baseline',
  params,
  presets: { paper: {} },
  needs: ['concepts', 'conceptRatings'],
  seeded: false,
  *run({ space: all, concepts, conceptRatings }, { sites }) {
    if (!concepts || !conceptRatings) {
      throw new SnipError('bad-argument', 'The LLM-rated ranking needs concepts and their ratings', {
        remedy: 'Have the concepts rated first (snip rate).',
      })
    }
    const space = restrictSpace(all, sites)
    const { rows, flats, leftOut } = yield* usableConcepts(concepts, all, space)
    const ratings = new Map<string, (typeof conceptRatings)[number]>()
    for (const rating of conceptRatings) {
      if (ratings.set(rating.neuron, rating).size % conceptsTogether === 0) yield
    }
    const scores = new Float64Array(countNeurons(space))
    const ranked = new Set<number>()
    let unrated = 0
    let outdated = 0
    for (let at = 0; at < rows.length; at++) {
      if (at % conceptsTogether === 0) yield
      const concept = concepts[rows[at] as number]
      const flat = flats[at] as number
      const rated = concept === undefined ? undefined : ratings.get(concept.neuron)
      const rating = rated?.rating ?? null
      if (rating === null) unrated += 1
      else if (rated?.text !== undefined && rated.text !== concept?.text) outdated += 1
      else {
        scores[flat] = rating
        ranked.add(flat)
      }
    }
    const warnings = leftOutWarnings(leftOut)
    if (unrated > 0)
      warnings.push(
        `${unrated} ${unrated === 1 ? 'concept has' : 'concepts have'} no rating and ${unrated === 1 ? 'was' : 'were'} left out`,
      )
    if (outdated > 0) {
      warnings.push(
        outdated === 1
          ? '1 concept changed after it was rated and was left out'
          : `${outdated} concepts changed after they were rated and were left out`,
      )
    }
    if (ranked.size === 0) warnings.push('No concept has a rating: the ranking is empty')
    return { space, scores, ranked: [...ranked], warnings }
  },
}
