import { z } from 'zod'
import { neuronIdSchema } from './neuron.ts'

/** Characters of the longest concept: a sentence, whoever wrote it. */
const longestConcept = 10_000

/** One line of concepts.jsonl: a sentence that names a neuron, or the reason why there is none. */
export const conceptSchema = z.object({
  neuron: neuronIdSchema,
  /** The sentence; empty only when `status` is `failed`. */
  text: z.string().max(longestConcept),
  author: z.string(),
  explainer: z.string().nullable(),
  /** Null means not scoreable: never 0 in its place. */
  score: z.number().nullable(),
  scoreKind: z.string().nullable(),
  reason: z.string().optional(),
  status: z.enum(['suggested', 'accepted', 'edited', 'rejected', 'failed']),
  /** Of a failed line: how many answers of this explainer and author, so far, were no concept. */
  failedAnswers: z.number().int().positive().max(1_000_000).optional(),
  /** Who accepted, rejected or wrote the sentence, and when (ISO 8601), in a file that holds a review. */
  reviewer: z.string().max(100).optional(),
  reviewedAt: z.string().max(40).optional(),
})
export type Concept = z.infer<typeof conceptSchema>

/** Tokens of the longest simulation that is kept, and the windows that they are of. */
export const mostSimulatedTokens = 100_000
const mostSimulatedWindows = 1000

/**
 * One line of concepts.jsonl.simulations.jsonl: what a language model said a concept predicts for every token of the windows that
 * scored it, as the score compares it with the true activations.
 */
export const conceptSimulationSchema = z.object({
  neuron: neuronIdSchema,
  /** The sentence that was simulated. */
  text: z.string().min(1).max(longestConcept),
  scoreKind: z.string(),
  /** Byte b stands for from + (to - from) b / 250. Without calibration 0 and 10, the levels that the model gave; else of the activations. */
  from: z.number(),
  to: z.number(),
  /** Numbers of the windows in the recording: first `top` ones where the neuron is strongest, then random ones. */
  windows: z.array(z.number().int().nonnegative()).min(1).max(mostSimulatedWindows),
  top: z.number().int().nonnegative(),
  /** Tokens of each window. */
  lengths: z.array(z.number().int().positive()).max(mostSimulatedWindows),
  /** A byte for each token, window after window, as base64. */
  levels: z.string().max(4 * Math.ceil(mostSimulatedTokens / 3)),
})
export type ConceptSimulation = z.infer<typeof conceptSimulationSchema>

const count = z.number().int().positive().max(1000)

/**
 * One line of forget.jsonl: a concept that the forget set needs. What follows the extractor comes with a list that was handed over: a
 * concept that is switched off, or of the other side, does not count.
 */
export const forgetConceptSchema = z.object({
  text: z.string().min(1).max(longestConcept),
  weight: z.number().nonnegative().default(1),
  extractor: z.string(),
  side: z.enum(['forget', 'protected']).nullish(),
  enabled: z.boolean().nullish(),
  /** The person, or the language model, that wrote it. */
  author: z.string().nullish(),
  /** Preset of the extractor. */
  preset: z.string().nullish(),
  /** How many of the draws named it. */
  draws: count.nullish(),
  drawsOf: count.nullish(),
})
export type ForgetConcept = z.infer<typeof forgetConceptSchema>

/** One line of protected.jsonl: a concept that must stay, whose likeness lowers a neuron's score. */
export const protectedConceptSchema = forgetConceptSchema
export type ProtectedConcept = ForgetConcept

/** One line of ratings.jsonl: how important a neuron's concept is for the forget set, or why no rating was had. */
export const conceptRatingSchema = z.object({
  neuron: neuronIdSchema,
  rating: z.number().min(0).max(10).nullable(),
  rater: z.string(),
  reason: z.string().optional(),
  /** The sentence that was rated; older files do not say it. */
  text: z.string().max(longestConcept).optional(),
})
export type ConceptRating = z.infer<typeof conceptRatingSchema>

/** Line 1 of ranking.jsonl: how the order was made. `neuronCount` counts the neurons of the ranked sites. */
export const rankingHeaderSchema = z.object({
  method: z.string(),
  preset: z.string().nullable(),
  params: z.record(z.string(), z.unknown()),
  modelHash: z.string().nullable(),
  seed: z.number().int().nullable(),
  neuronCount: z.number().int().nonnegative(),
  warnings: z.array(z.string()).optional(),
})
export type RankingHeader = z.infer<typeof rankingHeaderSchema>

/** The other lines of ranking.jsonl, best candidate for removal first; `rank` counts from 1. */
export const rankedNeuronSchema = z.object({
  neuron: neuronIdSchema,
  score: z.number(),
  rank: z.number().int().positive(),
})
export type RankedNeuron = z.infer<typeof rankedNeuronSchema>

export interface Ranking {
  readonly header: RankingHeader
  readonly neurons: readonly RankedNeuron[]
}

/**
 * A plan file: the set of neurons to remove at every position, and what replaces their activation: zero, or the neuron's own mean over
 * a recording, which `means` gives in the order of `neurons`.
 */
export const planSchema = z.object({
  version: z.literal(1).default(1),
  neurons: z.array(neuronIdSchema),
  replacement: z.enum(['zero', 'mean']).default('zero'),
  means: z.array(z.number()).optional(),
  modelHash: z.string().optional(),
  ranking: z.unknown().optional(),
})
export type Plan = z.infer<typeof planSchema>
