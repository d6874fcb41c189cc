import { z } from 'zod'
import { neuronIdSchema, siteSchema } from '../neuron.ts'
import { call, idSchema, startedSchema } from './call.ts'
import { priceSchema } from './providers.ts'

const memberSchema = z.object({ id: z.string(), name: z.string(), citation: z.string() })

/** What a piece of work may spend, its resumptions included; null for no cap. */
export const budgetSchema = z.object({
  /** US dollars. */
  maxCost: z.number().nonnegative().nullable(),
  /** Of prompts and answers together. */
  maxTokens: z.number().int().positive().nullable(),
})

/**
 * Which neurons to explain. All but `list` leave out those that a language model or a person has named already, so that asking again goes on,
 * and those whose answer was no concept unless they are asked anew.
 */
export const neuronChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all'), sites: z.array(siteSchema).min(1) }),
  /** Those whose maximum stands out most (max / rms). */
  z.object({ kind: z.literal('peaked'), sites: z.array(siteSchema).min(1), count: z.number().int().positive() }),
  /** The first of a ranking, for instance of activation ratios or of lexical concepts: only they can enter the cut. */
  z.object({ kind: z.literal('ranking'), ranking: idSchema, count: z.number().int().positive() }),
  z.object({ kind: z.literal('list'), neurons: z.array(neuronIdSchema).min(1).max(400_000) }),
])
export type NeuronChoiceInput = z.infer<typeof neuronChoiceSchema>

export const explainRequestSchema = z.object({
  provider: idSchema,
  explainer: z.string(),
  /** Null leaves sentences unscored. */
  scorer: z.string().nullable(),
  calibration: z.string().default('none'),
  /** Sentences drawn for a neuron; the one that scores best is kept. */
  samples: z.number().int().min(1).max(20).default(1),
  seed: z.number().int().nonnegative().default(1),
  neurons: neuronChoiceSchema,
  /** Neurons on which the sentence of another neuron is scored as well, as a control. */
  control: z.number().int().nonnegative().default(0),
  /** Through the server's Batch interface: within a day, and cheaper where the server says so. */
  inBatches: z.boolean().default(false),
  /** Neurons whose answer by this explainer and model was no concept are asked about once more; else they are left out, or of a list answered as before. */
  askAnew: z.boolean().default(false),
})
export type ExplainRequestInput = z.infer<typeof explainRequestSchema>

/** What requests to a language model will take: tokens are counted, answers are at most as long as they may be. */
export const estimateSchema = z.object({
  /** Where the texts go. */
  host: z.string(),
  model: z.string(),
  calls: z.number(),
  /** Requests that are answered already and cost nothing. */
  answered: z.number(),
  promptTokens: z.number(),
  mostCompletionTokens: z.number(),
  tokenizer: z.object({ name: z.string(), exact: z.boolean() }),
  /** US dollars at most; null where no price is known. */
  mostCost: z.number().nullable(),
  price: priceSchema.nullable(),
  /** Null before this model has answered anything. */
  seconds: z.number().nullable(),
})
export type EstimateInfo = z.infer<typeof estimateSchema>

export const rateRequestSchema = z.object({
  provider: idSchema,
  /** The forget data whose samples are shown. */
  dataset: idSchema,
  samples: z.number().int().min(1).max(100).default(10),
  batch: z.number().int().min(1).max(200).default(50),
  seed: z.number().int().nonnegative().default(1),
})

export const explainingContract = {
  /** What can be chosen. `needs` says what a server must have for a scorer. */
  options: call.output(
    z.object({
      explainers: z.array(memberSchema),
      scorers: z.array(memberSchema.extend({ needs: z.enum(['chat', 'chat-logprobs', 'completion-logprobs']) })),
      calibrations: z.array(z.string()),
      embedders: z.array(z.string()),
    }),
  ),
  /** Sends nothing. Of many neurons `counted` were counted one by one; `leftOut`: of the choice, those whose answer was no concept. */
  estimate: call
    .input(explainRequestSchema)
    .output(estimateSchema.extend({ neurons: z.number(), counted: z.number(), leftOut: z.number() })),
  /** Explains neurons of the recording in use with a language model. */
  start: call.input(explainRequestSchema.extend({ budget: budgetSchema.nullable() })).output(startedSchema),
  /** Sends nothing. */
  estimateRating: call.input(rateRequestSchema).output(estimateSchema),
  /** Has the concepts in use rated from 0 to 10 for a forget data set, for the ranking llm-rated. */
  rate: call.input(rateRequestSchema.extend({ budget: budgetSchema.nullable() })).output(startedSchema),
}
