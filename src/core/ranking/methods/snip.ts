import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { leftOutWarnings, usableConcepts } from '../concept-neurons.ts'
import { cosineMaxScores } from '../cosine.ts'
import type { ForgetConcept, ProtectedConcept } from '../../../contract/files.ts'
import { type Embeddings, type GivenSimilarity, type RankingInputs, type RankingMethod, sitesParam } from '../method.ts'
import { countNeurons, restrictSpace } from '../neuron-space.ts'

const params = z.strictObject({
  minimumScore: z.number().nullable().default(null).describe('Keep only concepts with an explanation score above this'),
  startAtZero: z.boolean().default(false).describe('Start the running maximum at 0, so that negative cosines clip'),
  useWeights: z.boolean().default(true).describe('Multiply each cosine by the weight of its forget concept'),
  protectedWeight: z
    .number()
    .nonnegative()
    .default(0)
    .describe('How much the likeness to a protected concept lowers a score (an extension of SNIP); 0 leaves it out'),
  sites: sitesParam('mlp'),
})

type SnipParams = z.output<typeof params>

/**
 * SNIP: the score of a neuron is the greatest cosine between the embedding of its concept and the embeddings of the
 * forget concepts, s = max over e' of cos(e, e'). `as-released` adds what the published code does beside the report: an
 * explanation score above 0.53 and a maximum that starts at 0. The defaults are `corrected`: weights count, and a forget
 * concept of weight 0 is left out. `protected`, an extension of SNIP, takes off the greatest cosine to a protected concept,
 * where that is above 0: s - weight x max over p of cos(e, p). Rejected and failed concepts are left out always: neither the report nor the code
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
    protected: { minimumScore: null, startAtZero: false, useWeights: true, protectedWeight: 1 },
  },
  needs: ['concepts', 'forgetConcepts', 'embeddings'],
  seeded: false,
  *run(inputs, settings) {
    const { minimumScore, protectedWeight, sites } = settings
    const { concepts, forgetConcepts, forgetEmbeddings } = required(inputs)
    const space = restrictSpace(inputs.space, sites)
    const usable = yield* usableConcepts(concepts, inputs.space, space)
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
    yield
    const rows = kept.map((at) => usable.rows[at] as number)
    yield
    const similarity =
      inputs.similarities === undefined
        ? computeSimilarity(inputs, forgetQuestion(forgetConcepts, forgetEmbeddings, settings), rows)
        : pickSimilarity(inputs.similarities.forget, rows)
    yield
    const likeness = protectedLikeness(inputs, protectedWeight, rows)
    yield
    if (likeness.note !== null) warnings.push(likeness.note)
    const scores = new Float64Array(countNeurons(space)).fill(Number.NEGATIVE_INFINITY)
    const isRanked = new Uint8Array(scores.length)
    for (let at = 0; at < kept.length; at++) {
      const flat = usable.flats[kept[at] as number] as number
      scores[flat] = Math.max(
        scores[flat] as number,
        (similarity.scores[at] as number) - (likeness.penalties?.[at] ?? 0),
      )
      isRanked[flat] = 1
    }
    if (similarity.zeroNeuronRows.length > 0) {
      warnings.push(`${similarity.zeroNeuronRows.length} concepts have an embedding of zeros; their similarity is 0`)
    }
    if (similarity.zeroForgetRows.length > 0) {
      warnings.push(
        `${similarity.zeroForgetRows.length} forget concepts have an embedding of zeros; their similarity is 0`,
      )
    }
    yield
    const ranked: number[] = []
    for (let flat = 0; flat < isRanked.length; flat++) if (isRanked[flat] === 1) ranked.push(flat)
    yield
    if (ranked.length === 0) warnings.push('No concept could be ranked: the ranking is empty')
    return { space, scores, ranked, warnings }
  },
}

/** What all concepts are compared with, for whoever computes the cosines elsewhere. */
export interface SimilarityQuestion {
  /** Vectors one after the other, as wide as those of the concepts. */
  readonly others: Float32Array
  readonly weights: readonly number[] | null
  readonly startAtZero: boolean
}

/**
 * The questions whose answers `snip` takes as `similarities`: the same cosines as it computes itself when they are left out.
 * Throws as the method does for inputs that do not fit together.
 */
export function similarityQuestions(
  inputs: RankingInputs,
  settings: SnipParams,
): { readonly forget: SimilarityQuestion; readonly protected: SimilarityQuestion | null } {
  const { forgetConcepts, forgetEmbeddings } = required(inputs)
  const { protectedConcepts, protectedEmbeddings } = inputs
  const guards =
    settings.protectedWeight > 0 && protectedConcepts && protectedEmbeddings && protectedConcepts.length > 0
  return {
    forget: forgetQuestion(forgetConcepts, forgetEmbeddings, settings),
    protected: guards ? protectedQuestion(protectedConcepts, protectedEmbeddings) : null,
  }
}

function forgetQuestion(
  concepts: readonly ForgetConcept[],
  embeddings: Embeddings,
  { useWeights, startAtZero }: SnipParams,
): SimilarityQuestion {
  const rows: number[] = []
  for (let row = 0; row < concepts.length; row++) {
    if (!useWeights || (concepts[row]?.weight ?? 1) > 0) rows.push(row)
  }
  const weights = useWeights ? rows.map((row) => concepts[row]?.weight ?? 1) : null
  return { others: pickRows(embeddings, rows), weights, startAtZero }
}

function protectedQuestion(concepts: readonly ProtectedConcept[], { vectors }: Embeddings): SimilarityQuestion {
  return { others: vectors, weights: concepts.map(({ weight }) => weight), startAtZero: true }
}

function computeSimilarity(
  { conceptEmbeddings }: RankingInputs,
  { others, weights, startAtZero }: SimilarityQuestion,
  rows: readonly number[],
) {
  if (!conceptEmbeddings) throw lacksInputs()
  const { vectors, dims } = conceptEmbeddings
  return cosineMaxScores(vectors, dims, others, weights, startAtZero, rows)
}

function pickSimilarity({ scores, zeroRows, zeroOthers }: GivenSimilarity, rows: readonly number[]) {
  const zero = new Set(zeroRows)
  // Plain loops: an iterator over hundreds of thousands takes ten times as long.
  const picked = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) picked[at] = scores[rows[at] as number] ?? Number.NaN
  const zeroNeuronRows = zero.size === 0 ? [] : rows.filter((row) => zero.has(row))
  return { scores: picked, zeroNeuronRows, zeroForgetRows: zeroOthers }
}

/** What protected concepts take off each of `rows`; null when there are none or they do not count. */
function protectedLikeness(
  inputs: RankingInputs,
  protectedWeight: number,
  rows: readonly number[],
): { penalties: Float64Array | null; note: string | null } {
  const { protectedConcepts, protectedEmbeddings, conceptEmbeddings, similarities } = inputs
  if (protectedWeight === 0) return { penalties: null, note: null }
  if (!protectedConcepts || !protectedEmbeddings || protectedConcepts.length === 0) {
    return { penalties: null, note: 'There is no protected concept: the scores are those of SNIP' }
  }
  if (conceptEmbeddings) checkDims(conceptEmbeddings, protectedEmbeddings, 'protected concepts')
  checkRows('protected concepts', protectedEmbeddings, protectedConcepts.length)
  const given = similarities?.protected ?? null
  const { scores } =
    given === null
      ? computeSimilarity(inputs, protectedQuestion(protectedConcepts, protectedEmbeddings), rows)
      : pickSimilarity(given, rows)
  return {
    penalties: scores.map((score) => score * protectedWeight),
    note: `Scores are lowered by the likeness to protected concepts (${protectedConcepts.length}): an extension of SNIP`,
  }
}

function checkDims(concepts: Embeddings, others: Embeddings, what: string): void {
  if (concepts.dims === others.dims) return
  throw new SnipError('bad-data', `Concepts are embedded in ${concepts.dims} numbers, ${what} in ${others.dims}`, {
    remedy: 'Embed both with the same embedder.',
  })
}

/** The embeddings of the concepts may be absent where whoever has them answers the questions. */
function required(inputs: RankingInputs) {
  const { concepts, forgetConcepts, conceptEmbeddings, forgetEmbeddings } = inputs
  if (!concepts || !forgetConcepts || !forgetEmbeddings) throw lacksInputs()
  if (conceptEmbeddings) {
    checkDims(conceptEmbeddings, forgetEmbeddings, 'forget concepts')
    checkRows('concepts', conceptEmbeddings, concepts.length)
  }
  checkRows('forget concepts', forgetEmbeddings, forgetConcepts.length)
  return { concepts, forgetConcepts, forgetEmbeddings }
}

function lacksInputs(): SnipError {
  return new SnipError('bad-argument', 'SNIP needs concepts, forget concepts and an embedding of each', {
    remedy: 'Give a concepts file, a forget-concepts file and an embedder.',
  })
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
