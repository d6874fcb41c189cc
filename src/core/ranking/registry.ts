import { SnipError } from '../../contract/failure.ts'
import type { RankingMethod } from './method.ts'
import { activationRatioRanking } from './methods/activation-ratio.ts'
import { llmRatedRanking } from './methods/llm-rated.ts'
import { keywordRanking } from './methods/keyword.ts'
import { randomRanking } from './methods/random.ts'
import { snipRanking } from './methods/snip.ts'

/** Every ranking method; a new one is a file in methods/ and a line here. */
export const rankingMethods: readonly RankingMethod[] = [
  snipRanking,
  keywordRanking,
  llmRatedRanking,
  randomRanking,
  activationRatioRanking,
] as readonly RankingMethod[]

/** The ranking method with an id. Throws `bad-argument` that lists the ids. */
export function rankingMethodOf(id: string): RankingMethod {
  const method = rankingMethods.find((member) => member.id === id)
  if (method) return method
  throw new SnipError('bad-argument', `There is no ranking method '${id}'`, {
    remedy: `Use one of: ${rankingMethods.map((member) => member.id).join(', ')}.`,
  })
}
