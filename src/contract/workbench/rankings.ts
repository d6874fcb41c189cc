import { z } from 'zod'
import { neuronIdSchema } from '../neuron.ts'
import { bulkSchema, call, idSchema, nameSchema, nothing, startedSchema } from './call.ts'
import { embedderChoiceSchema } from './embedders.ts'
import { budgetSchema } from './explaining.ts'
import { planChoiceSchema } from './model.ts'

/** A ranking method as the views need it; `params` is JSON Schema made from its zod schema. */
export const rankingMethodSchema = z.object({
  id: z.string(),
  name: z.string(),
  citation: z.string(),
  presets: z.array(z.object({ id: z.string(), params: z.record(z.string(), z.unknown()) })),
  params: z.record(z.string(), z.unknown()),
  /** What it needs, and whether the workspace has it; `missing` says what to do. */
  needs: z.array(z.object({ what: z.string(), missing: z.string().nullable() })),
})
export type RankingMethodInfo = z.infer<typeof rankingMethodSchema>

export const rankingSchema = z.object({
  id: idSchema,
  name: z.string(),
  method: z.string(),
  preset: z.string().nullable(),
  params: z.record(z.string(), z.unknown()),
  seed: z.number().nullable(),
  /** Neurons of the ranked sites, and how many of them the ranking orders. */
  neuronCount: z.number(),
  ranked: z.number(),
  warnings: z.array(z.string()),
  /** Who embedded the concepts; null where none were compared, or the model itself did. */
  embedder: z.string().nullable(),
  /** The provider that embedded, and its caps: what making the ranking again takes. Null where nothing left this machine. */
  sends: z.object({ provider: idSchema, budget: budgetSchema.nullable() }).nullable(),
  /** Why it is out of date ("forget concepts changed after the ranking"); null when it is not. */
  stale: z.string().nullable(),
})
export type RankingInfo = z.infer<typeof rankingSchema>

/** The order in which neurons go, with pins applied: always-pruned ones first, never-pruned ones left out. */
export const rankingOrderSchema = z.object({
  id: idSchema,
  revision: z.number(),
  /** u32: rows of the neuron table, best candidate first; 4294967295 for a neuron whose site was not recorded. */
  rows: bulkSchema,
  /** f32: importance of each, in the same order; NaN for a pinned one without a score. */
  scores: bulkSchema,
  /** How many stand at the front because they are pinned. */
  pinnedAlways: z.number(),
  /** Neurons that percentages refer to. */
  neuronCount: z.number(),
})
export type RankingOrder = z.infer<typeof rankingOrderSchema>

/** One measure at a glance: the value and its change against the unpruned model. */
export const glanceSchema = z.object({
  dataset: idSchema,
  name: z.string(),
  side: z.enum(['forget', 'retain']),
  metric: z.string(),
  estimator: z.string(),
  unit: z.string(),
  original: z.number(),
  unlearned: z.number(),
  /** Interval of the paired difference unlearned - original. */
  delta: z.object({ value: z.number(), low: z.number(), high: z.number() }),
  n: z.number(),
})
export type Glance = z.infer<typeof glanceSchema>

export const planInfoSchema = z.object({
  id: idSchema,
  name: z.string(),
  neurons: z.number(),
  planHash: z.string(),
  madeFrom: z.string(),
})
export type PlanInfo = z.infer<typeof planInfoSchema>

export const rankingsContract = {
  methods: call.output(z.array(rankingMethodSchema)),
  list: call.output(z.array(rankingSchema)),
  make: call
    .input(
      z.object({
        method: z.string(),
        preset: z.string().nullable(),
        params: z.record(z.string(), z.unknown()),
        seed: z.number().int().default(1),
        /** Who embeds concepts, for methods that compare them. */
        ...embedderChoiceSchema.shape,
        /** What a provider's embedding of the concepts may spend. */
        budget: budgetSchema.nullable().default(null),
        /** Recordings of the forget and retain data, for methods that compare them. */
        forget: idSchema.nullable(),
        retain: idSchema.nullable(),
        /** Take it into use when it is made, unless another ranking than the one of now is in use by then. */
        use: z.boolean().default(false),
      }),
    )
    .output(startedSchema),
  order: call.input(z.object({ id: idSchema })).output(rankingOrderSchema),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
}

export const plansContract = {
  list: call.output(z.array(planInfoSchema)),
  /** `mean` fixes each neuron at its mean over the recording in use, as it is now. */
  save: call
    .input(
      z.object({ plan: planChoiceSchema, name: nameSchema, replacement: z.enum(['zero', 'mean']).default('zero') }),
    )
    .output(planInfoSchema),
  neurons: call.input(z.object({ id: idSchema })).output(z.object({ neurons: z.array(neuronIdSchema) })),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
}
