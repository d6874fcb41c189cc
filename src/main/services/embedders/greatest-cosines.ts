import type { GivenSimilarity } from '../../../core/ranking/method.ts'
import type { SimilarityQuestion } from '../../../core/ranking/methods/snip.ts'
import { decodeFloat64, encodeBulk } from '../../engine-host/client/bulk.ts'
import type { Models } from '../models/models.ts'
import type { ConceptVectors } from './concept-vectors.ts'

/** Has the engine compute the greatest weight x cosine of each concept: this process goes on meanwhile. */
export async function greatestCosines(
  { engine }: Models,
  { matrix, rows }: ConceptVectors,
  { others, weights, startAtZero }: SimilarityQuestion,
  signal: AbortSignal,
): Promise<GivenSimilarity> {
  const columns = encodeBulk(others)
  const answer = await engine.client.similarity(
    { matrix, columns, weights: weights === null ? null : [...weights], startAtZero },
    { signal },
  )
  const found = decodeFloat64(answer.scores)
  const zero = new Set(answer.zeroRows)
  const scores = new Float64Array(rows.length)
  const zeroRows: number[] = []
  // Plain loops: an iterator over hundreds of thousands takes ten times as long.
  for (let at = 0; at < rows.length; at++) scores[at] = found[rows[at]!]!
  if (zero.size > 0) for (let at = 0; at < rows.length; at++) if (zero.has(rows[at]!)) zeroRows.push(at)
  return { scores, zeroRows, zeroOthers: answer.zeroColumns }
}
