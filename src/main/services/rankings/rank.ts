import { SnipError } from '../../../contract/failure.ts'
import {
  conceptRatingSchema,
  conceptSchema,
  rankingHeaderSchema,
  type Concept,
  type ConceptRating,
  type ForgetConcept,
  type ProtectedConcept,
  type Ranking,
} from '../../../contract/files.ts'
import type { Embeddings, RankingInputs, RankingMethod } from '../../../core/ranking/method.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { rankInSteps } from '../../../core/ranking/rank.ts'
import { rankingTexts } from '../../../core/ranking/ranking-file.ts'
import { rankingMethodOf } from '../../../core/ranking/registry.ts'
import { similarityQuestions, snipRanking, type SimilarityQuestion } from '../../../core/ranking/methods/snip.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { writeAsideWhile } from '../../files/write-aside.ts'
import { breathe, inSteps } from '../breathe.ts'
import { embedConcepts } from '../embedders/concept-vectors.ts'
import { embedTexts, type EmbeddingServices } from '../embedders/embed-texts.ts'
import { greatestCosines } from '../embedders/greatest-cosines.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Budget } from '../language-models/index.ts'
import { conceptsThatCount } from '../forget-concepts/list-file.ts'
import { readManyJsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { neuronSpaceOf, type Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { readRecordingPair } from './recording-pair.ts'

/** Where the inputs of a ranking lie; which of them a method needs is the method's to say. */
export interface RankRequest {
  readonly method: string
  readonly model: ModelReference
  readonly out: string
  readonly preset: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly concepts?: string | undefined
  readonly forgetConcepts?: string | undefined
  /** Concepts that must stay; a method that can spare them may go without. */
  readonly protectedConcepts?: string | undefined
  /** ratings.jsonl: what a language model says of the concepts. */
  readonly ratings?: string | undefined
  readonly embedder?: string | undefined
  /** Folder of the sentence model of sentence-onnx, and the provider of openai-compatible. */
  readonly embedderFolder?: string | undefined
  readonly provider?: string | undefined
  readonly budget?: Budget | null
  /** Folder that holds what was spent, so that a cap holds when the work is resumed. */
  readonly journalFolder?: string
  /** Folder of a recording, for embedders built from co-occurrence in the probing corpus. */
  readonly recording?: string | undefined
  /** Folders of the recordings of the forget and the retain data. */
  readonly forget?: string | undefined
  readonly retain?: string | undefined
}

/** What a ranking may need beside the engine's models; without a cache folder cosines are computed in this process. */
export type RankServices = Partial<Omit<EmbeddingServices, 'models'>>

/** Ranks the neurons of a model and writes ranking.jsonl. */
export async function rank(
  models: Models,
  request: RankRequest,
  task: Task,
  services: RankServices = {},
): Promise<Ranking> {
  const method = rankingMethodOf(request.method)
  const given = resolveParams(method, request.preset, request.params)
  requireInputs(method, request)
  refuseOutput(request.out, rankingHeaderSchema, 'rankings')
  const texts = await readTexts(method, request)
  const facts = await models.open(request.model, task.signal)
  const modelHash = await models.modelHash(request.model, task.signal)
  const plain: RankingInputs = {
    seed: request.seed,
    ...texts,
    ...recordedInputs(method, request, modelHash, neuronSpaceOf(facts)),
  }
  const inputs = await embedAll({ models, ...services }, method, request, given.params, plain, task)
  const options = { modelHash, preset: request.preset, params: request.params }
  const ranking = await inSteps(rankInSteps(method, inputs, options))
  for (const sentence of ranking.header.warnings ?? []) task.warn(sentence)
  if (given.preset === null && request.preset !== null) {
    task.warn(`Parameters differ from the preset '${request.preset}', so the ranking names no preset`)
  }
  await writeAsideWhile(request.out, async (append) => {
    for (const text of rankingTexts(ranking)) {
      append(text)
      await breathe()
    }
  })
  return ranking
}

function requireInputs(method: RankingMethod, request: RankRequest): void {
  const flags = {
    concepts: ['--concepts', request.concepts],
    forgetConcepts: ['--forget-concepts', request.forgetConcepts],
    embeddings: ['--embedder', request.embedder],
    forgetStatistics: ['--forget', request.forget],
    retainStatistics: ['--retain', request.retain],
    conceptRatings: ['--ratings', request.ratings],
  } as const
  const missing = method.needs.filter((need) => flags[need][1] === undefined).map((need) => flags[need][0])
  if (missing.length === 0) return
  throw new SnipError('bad-argument', `The method '${method.id}' needs ${missing.join(', ')}`, {
    remedy: `Add ${missing.length === 1 ? 'it' : 'them'} to the command.`,
  })
}

interface Texts {
  readonly concepts?: Concept[]
  readonly forgetConcepts?: ForgetConcept[]
  readonly protectedConcepts?: ProtectedConcept[]
  readonly conceptRatings?: ConceptRating[]
}

async function readTexts(method: RankingMethod, request: RankRequest): Promise<Texts> {
  const wants = (need: RankingMethod['needs'][number]) => method.needs.includes(need)
  return {
    ...(wants('concepts') && request.concepts !== undefined
      ? { concepts: await readManyJsonLines(request.concepts, conceptSchema, 'concepts') }
      : {}),
    ...(wants('forgetConcepts') && request.forgetConcepts !== undefined
      ? { forgetConcepts: conceptsThatCount(request.forgetConcepts, 'forget') }
      : {}),
    ...(wants('embeddings') && request.protectedConcepts !== undefined
      ? { protectedConcepts: conceptsThatCount(request.protectedConcepts, 'protected') }
      : {}),
    ...(wants('conceptRatings') && request.ratings !== undefined
      ? { conceptRatings: await readManyJsonLines(request.ratings, conceptRatingSchema, 'concept ratings') }
      : {}),
  }
}

/**
 * Adds the embeddings that a method asks for; for `snip` the engine compares them, so that this process goes on meanwhile and never holds
 * those of all concepts.
 */
async function embedAll(
  { models, languageModels, cacheFolder }: RankServices & { readonly models: Models },
  method: RankingMethod,
  request: RankRequest,
  params: unknown,
  inputs: RankingInputs,
  task: Task,
): Promise<RankingInputs> {
  const { embedder } = request
  const { concepts, forgetConcepts, protectedConcepts = [] } = inputs
  if (!method.needs.includes('embeddings') || !concepts || !forgetConcepts || embedder === undefined) return inputs
  const choice = {
    embedder,
    model: request.model,
    recording: request.recording ?? null,
    provider: request.provider ?? null,
    budget: request.budget ?? null,
    journalFolder: request.journalFolder ?? null,
    folder: request.embedderFolder ?? null,
  }
  const texts = concepts.map(({ text }) => text)
  const others = [...forgetConcepts, ...protectedConcepts].map(({ text }) => text)
  const services = { models, languageModels }
  const byEngine = method.id === snipRanking.id && texts.length > 0 && forgetConcepts.length > 0
  if (!byEngine || cacheFolder === undefined) {
    // All lists go together: an embedder that takes its weights from the texts must see them all.
    const { dims, vectors } = await embedTexts({ ...services, cacheFolder }, choice, [...texts, ...others], task)
    const border = texts.length * dims
    return {
      ...inputs,
      conceptEmbeddings: { dims, vectors: vectors.subarray(0, border) },
      ...othersOf(inputs, { dims, vectors: vectors.subarray(border) }),
    }
  }
  const vectors = await embedConcepts({ ...services, cacheFolder }, choice, texts, others, task)
  const embedded = { ...inputs, ...othersOf(inputs, vectors.others) }
  const questions = similarityQuestions(embedded, snipRanking.params.parse(params))
  if (questions.forget.others.length === 0) {
    throw new SnipError('bad-argument', 'There is no forget concept to compare with', {
      remedy: 'Give at least one of them a weight above 0.',
    })
  }
  task.report({ stage: 'Comparing concepts', done: 0, total: 1, unit: 'step' })
  const answer = (question: SimilarityQuestion) => greatestCosines(models, vectors, question, task.signal)
  const forget = await answer(questions.forget)
  const guarded = questions.protected === null ? null : await answer(questions.protected)
  return { ...embedded, similarities: { forget, protected: guarded } }
}

/** Embeddings of forget concepts and protected ones, which stand one after the other. */
function othersOf({ forgetConcepts = [], protectedConcepts = [] }: RankingInputs, { dims, vectors }: Embeddings) {
  const border = forgetConcepts.length * dims
  const forgetEmbeddings = { dims, vectors: vectors.subarray(0, border) }
  if (protectedConcepts.length === 0) return { forgetEmbeddings }
  return { forgetEmbeddings, protectedEmbeddings: { dims, vectors: vectors.subarray(border) } }
}

/** Statistics where the method asks for them, and the space that all inputs cover. */
function recordedInputs(method: RankingMethod, request: RankRequest, modelHash: string, space: NeuronSpace) {
  if (!method.needs.includes('forgetStatistics') || request.forget === undefined || request.retain === undefined) {
    return { space }
  }
  const pair = readRecordingPair(request.forget, request.retain, modelHash)
  return {
    space: createNeuronSpace(pair.space.layerWidths),
    forgetStatistics: pair.forget,
    retainStatistics: pair.retain,
  }
}
