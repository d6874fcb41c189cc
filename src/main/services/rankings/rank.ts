import { SnipError } from '../../../contract/failure.ts'
import {
  conceptRatingSchema,
  conceptSchema,
  forgetConceptSchema,
  protectedConceptSchema,
  rankingHeaderSchema,
  type Concept,
  type ConceptRating,
  type ForgetConcept,
  type ProtectedConcept,
  type Ranking,
} from '../../../contract/files.ts'
import type { Embeddings, RankingInputs, RankingMethod } from '../../../core/ranking/method.ts'
import { createNeuronSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { rankNeurons } from '../../../core/ranking/rank.ts'
import { serialiseRanking } from '../../../core/ranking/ranking-file.ts'
import { rankingMethodOf } from '../../../core/ranking/registry.ts'
import { similarityQuestions, snipRanking, type SimilarityQuestion } from '../../../core/ranking/methods/snip.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { writeAside } from '../../files/write-aside.ts'
import { embedTexts, type EmbeddingServices } from '../embedders/embed-texts.ts'
import { greatestCosines } from '../embedders/similarities.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Budget } from '../language-models/index.ts'
import { readJsonLines } from '../files-of-lines.ts'
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
  const texts = readTexts(method, request)
  const facts = await models.open(request.model, task.signal)
  const modelHash = await models.modelHash(request.model, task.signal)
  const embedded: RankingInputs = {
    seed: request.seed,
    ...texts,
    ...(await embedAll({ models, ...services }, method, request, texts, task)),
    ...recordedInputs(method, request, modelHash, neuronSpaceOf(facts)),
  }
  const inputs = await compare(models, services, method, embedded, given.params, task)
  const ranking = rankNeurons(method, inputs, { modelHash, preset: request.preset, params: request.params })
  for (const sentence of ranking.header.warnings ?? []) task.warn(sentence)
  if (given.preset === null && request.preset !== null) {
    task.warn(`Parameters differ from the preset '${request.preset}', so the ranking names no preset`)
  }
  writeAside(request.out, [serialiseRanking(ranking)])
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

function readTexts(method: RankingMethod, request: RankRequest): Texts {
  const wants = (need: RankingMethod['needs'][number]) => method.needs.includes(need)
  return {
    ...(wants('concepts') && request.concepts !== undefined
      ? { concepts: readJsonLines(request.concepts, conceptSchema, 'concepts') }
      : {}),
    ...(wants('forgetConcepts') && request.forgetConcepts !== undefined
      ? { forgetConcepts: readJsonLines(request.forgetConcepts, forgetConceptSchema, 'forget concepts') }
      : {}),
    ...(wants('embeddings') && request.protectedConcepts !== undefined
      ? { protectedConcepts: readJsonLines(request.protectedConcepts, protectedConceptSchema, 'protected concepts') }
      : {}),
    ...(wants('conceptRatings') && request.ratings !== undefined
      ? { conceptRatings: readJsonLines(request.ratings, conceptRatingSchema, 'concept ratings') }
      : {}),
  }
}

async function embedAll(
  { models, languageModels, cacheFolder }: RankServices & { readonly models: Models },
  method: RankingMethod,
  request: RankRequest,
  { concepts, forgetConcepts, protectedConcepts = [] }: Texts,
  task: Task,
): Promise<{ conceptEmbeddings?: Embeddings; forgetEmbeddings?: Embeddings; protectedEmbeddings?: Embeddings }> {
  const { embedder } = request
  if (!method.needs.includes('embeddings') || !concepts || !forgetConcepts || embedder === undefined) return {}
  // All lists go together: an embedder that takes its weights from the texts must see them all.
  const texts = [...concepts, ...forgetConcepts, ...protectedConcepts].map(({ text }) => text)
  const choice = {
    embedder,
    model: request.model,
    recording: request.recording ?? null,
    provider: request.provider ?? null,
    budget: request.budget ?? null,
    folder: request.embedderFolder ?? null,
  }
  const { dims, vectors } = await embedTexts({ models, languageModels, cacheFolder }, choice, texts, task)
  const border = concepts.length * dims
  const end = border + forgetConcepts.length * dims
  return {
    conceptEmbeddings: { dims, vectors: vectors.subarray(0, border) },
    forgetEmbeddings: { dims, vectors: vectors.subarray(border, end) },
    ...(protectedConcepts.length === 0 ? {} : { protectedEmbeddings: { dims, vectors: vectors.subarray(end) } }),
  }
}

/** Has the engine compute the cosines of `snip`, so that this process goes on meanwhile. */
async function compare(
  models: Models,
  { cacheFolder }: RankServices,
  method: RankingMethod,
  inputs: RankingInputs,
  params: unknown,
  task: Task,
): Promise<RankingInputs> {
  const { concepts, conceptEmbeddings } = inputs
  const wanted = method.id === snipRanking.id && cacheFolder !== undefined
  if (!wanted || !concepts || !conceptEmbeddings || concepts.length === 0) return inputs
  const questions = similarityQuestions(inputs, snipRanking.params.parse(params))
  if (questions.forget.others.length === 0) return inputs
  task.report({ stage: 'Comparing concepts', done: 0, total: 1, unit: 'step' })
  const texts = concepts.map(({ text }) => text)
  const answer = ({ others, ...settings }: SimilarityQuestion) =>
    greatestCosines(models, cacheFolder, texts, conceptEmbeddings, others, settings, task.signal)
  const forget = await answer(questions.forget)
  const guarded = questions.protected === null ? null : await answer(questions.protected)
  return { ...inputs, similarities: { forget, protected: guarded } }
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
