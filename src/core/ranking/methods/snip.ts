import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { leftOutWarnings, usableConcepts } from '../concept-neurons.ts'
import { cosineMaxScores } from '../cosine.ts'
import { type Embeddings, type RankingInputs, type RankingMethod, sitesParam } from '../method.ts'
import { countNeurons, restrictSpace } from '../neuron-space.ts'

const params = z.strictObject({
  minimumScore: z.number().nullable().default(null).describe('Keep only concepts with an explanation score above this'),
  startAtZero: z.boolean().default(false).describe('Start the running maximum at 0, so that negative cosines clip'),
  useWeights: z.boolean().default(true).describe('Multiply each cosine by the weight of its forget concept'),
  sites: sitesParam('mlp'),
})

/**
 * SNIP: the score of a neuron is the greatest cosine between the embedding of its concept and the embeddings of the
 * forget concepts, s = max over e' of cos(e, e'). `as-released` adds what the published code does beside the report: an
 * explanation score above 0.53 and a maximum that starts at 0. The defaults are `corrected`: weights count, and a forget
 * concept of weight 0 is left out. Rejected and failed concepts are left out always: neither the report nor the code
 * knows them. A neuron with several concepts gets the best of them.
 */
export const snipRanking: RankingMethod<typeof params> = {
  id: 'snip',
  name: 'SNIP: concept similarity',
  citation: 'SNIP report, section on pruning by concept similarity; code YongceLi/SNIP-code (2024-03-14)',
  params,
  presets: {
    paper: { minimumScore: null, startAtZero: false, useWeights: false },
    'as-released': { minimumScore: 0.53, startAtZero: true, useWeights: false },
    corrected: { minimumScore: null, startAtZero: false, useWeights: true },
  },
  needs: ['concepts', 'forgetConcepts', 'embeddings'],
  seeded: false,
  run(inputs, { minimumScore, startAtZero, useWeights, sites }) {
    const { concepts, forgetConcepts, conceptEmbeddings, forgetEmbeddings } = required(inputs)
    const space = restrictSpace(inputs.space, sites)
    const usable = usableConcepts(concepts, inputs.space, space)
    const warnings = leftOutWarnings(usable.leftOut)
    const kept: number[] = []
    for (let at = 0; at < usable.rows.length; at++) {
      const score = concepts[usable.rows[at] as number]?.score ?? null
      if (minimumScore === null || (score !== null && score > minimumScore)) kept.push(at)
    }
    if (kept.length < usable.rows.length) {
      warnings.push(
        `${usable.rows.length - kept.length} of ${usable.rows.length} concepts have no explanation score ` +
          `above ${minimumScore} and were left out`,
      )
    }
    const forgetRows: number[] = []
    for (let row = 0; row < forgetConcepts.length; row++) {
      if (!useWeights || (forgetConcepts[row]?.weight ?? 1) > 0) forgetRows.push(row)
    }
    const similarity = cosineMaxScores(
      conceptEmbeddings.vectors,
      conceptEmbeddings.dims,
      pickRows(forgetEmbeddings, forgetRows),
      useWeights ? forgetRows.map((row) => forgetConcepts[row]?.weight ?? 1) : null,
      startAtZero,
      kept.map((at) => usable.rows[at] as number),
    )
    const scores = new Float64Array(countNeurons(space)).fill(Number.NEGATIVE_INFINITY)
    const ranked = new Set<number>()
    for (let at = 0; at < kept.length; at++) {
      const flat = usable.flats[kept[at] as number] as number
      scores[flat] = Math.max(scores[flat] as number, similarity.scores[at] as number)
      ranked.add(flat)
    }
    if (similarity.zeroNeuronRows.length > 0) {
      warnings.push(`${similarity.zeroNeuronRows.length} concepts have an embedding of zeros; their similarity is 0`)
    }
    if (similarity.zeroForgetRows.length > 0) {
      warnings.push(
        `${similarity.zeroForgetRows.length} forget concepts have an embedding of zeros; their similarity is 0`,
      )
    }
    if (ranked.size === 0) warnings.push('No concept could be ranked: the ranking is empty')
    return { space, scores, ranked: [...ranked], warnings }
  },
}

function required(inputs: RankingInputs) {
  const { concepts, forgetConcepts, conceptEmbeddings, forgetEmbeddings } = inputs
  if (!concepts || !forgetConcepts || !conceptEmbeddings || !forgetEmbeddings) {
    throw new SnipError('bad-argument', 'SNIP needs concepts, forget concepts and an embedding of each', {
      remedy: 'Give a concepts file, a forget-concepts file and an embedder.',
    })
  }
  if (conceptEmbeddings.dims !== forgetEmbeddings.dims) {
    throw new SnipError(
      'bad-data',
      `Concepts are embedded in ${conceptEmbeddings.dims} numbers, forget concepts in ${forgetEmbeddings.dims}`,
      { remedy: 'Embed both with the same embedder.' },
    )
  }
  checkRows('concepts', conceptEmbeddings, concepts.length)
  checkRows('forget concepts', forgetEmbeddings, forgetConcepts.length)
  return { concepts, forgetConcepts, conceptEmbeddings, forgetEmbeddings }
}

function checkRows(what: string, embeddings: Embeddings, count: number): void {
  if (embeddings.vectors.length === count * embeddings.dims) return
  throw new SnipError(
    'bad-data',
    `${count} ${what} need ${count * embeddings.dims} embedding numbers, not ${embeddings.vectors.length}`,
  )
}

function pickRows({ vectors, dims }: Embeddings, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * dims)
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number
    picked.set(vectors.subarray(row * dims, (row + 1) * dims), at * dims)
  }
  return picked
}
