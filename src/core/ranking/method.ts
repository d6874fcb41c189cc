import { z } from 'zod'
import type { Concept, ConceptRating, ForgetConcept, ProtectedConcept } from '../../contract/files.ts'
import { type Site, siteSchema } from '../../contract/neuron.ts'
import type { Steps } from '../steps.ts'
import type { NeuronStatistics } from './importance.ts'
import type { NeuronSpace } from './neuron-space.ts'
import type { Parameterised } from './resolve-params.ts'

/** Row-major matrix of sentence embeddings: one row of `dims` numbers per sentence. */
export interface Embeddings {
  readonly dims: number
  readonly vectors: Float32Array
}

/** What a method may need beside its parameters; doors ask the user for exactly these. */
export type RankingNeed =
  | 'concepts'
  | 'forgetConcepts'
  | 'embeddings'
  | 'forgetStatistics'
  | 'retainStatistics'
  | 'conceptRatings'

/** All that methods are handed. The parts that a method does not need may be absent. */
export interface RankingInputs {
  /** The neurons of the model (of the sites that the inputs cover). */
  readonly space: NeuronSpace
  readonly seed: number
  readonly concepts?: readonly Concept[]
  readonly forgetConcepts?: readonly ForgetConcept[]
  /** Row i embeds the text of `concepts[i]`; rows of failed concepts are not read. Not needed where `similarities` are given. */
  readonly conceptEmbeddings?: Embeddings
  /** Row i embeds the text of `forgetConcepts[i]`. */
  readonly forgetEmbeddings?: Embeddings
  /** Concepts that must stay, and row i embeds `protectedConcepts[i]`; they may be absent. */
  readonly protectedConcepts?: readonly ProtectedConcept[]
  readonly protectedEmbeddings?: Embeddings
  /** What `snip` otherwise computes from the embeddings; see `similarityQuestions`. */
  readonly similarities?: { readonly forget: GivenSimilarity; readonly protected: GivenSimilarity | null }
  /** How important a language model finds each neuron's concept for the forget set. */
  readonly conceptRatings?: readonly ConceptRating[]
  /** Statistics over the forget and the retain corpus, both in the flat order of `space`. */
  readonly forgetStatistics?: NeuronStatistics
  readonly retainStatistics?: NeuronStatistics
}

/** Greatest weight x cosine of each concept over some others, computed by whoever has the means. */
export interface GivenSimilarity {
  /** One per concept, in the order of `concepts`. */
  readonly scores: Float64Array
  /** Rows of concepts, and of the others, that are all zeros. */
  readonly zeroRows: readonly number[]
  readonly zeroOthers: readonly number[]
}

/** Scores of some or all neurons of the ranked sites. */
export interface ScoredNeurons {
  /** The ranked sites. */
  readonly space: NeuronSpace
  /** One score per neuron of `space`, in flat order; greater is pruned earlier. */
  readonly scores: Float64Array
  /** Flat indices of the neurons to rank; null means all. */
  readonly ranked: readonly number[] | null
  readonly warnings: readonly string[]
}

/** A member of the registry of ranking methods. `S` is its parameter schema. */
export interface RankingMethod<S extends z.ZodObject = z.ZodObject> extends Parameterised<S> {
  readonly name: string
  readonly citation: string
  readonly needs: readonly RankingNeed[]
  /** True when the seed changes the result. */
  readonly seeded: boolean
  /** In steps, as there may be hundreds of thousands of neurons. */
  readonly run: (inputs: RankingInputs, params: z.output<S>) => Steps<ScoredNeurons>
}

/** The sites to rank, common to all methods: the MLP neurons unless told otherwise, as in all three papers. */
export function sitesParam(...defaults: Site[]) {
  return z.array(siteSchema).min(1).default(defaults).describe('Sites whose neurons are ranked together')
}
