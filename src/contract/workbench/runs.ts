import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { generationSettingsSchema } from '../engine-host.ts'
import { measuredSchema, unmeasuredSchema } from '../result.ts'
import { call, idSchema, nameSchema, nothing, startedSchema } from './call.ts'
import { planChoiceSchema, textSchema } from './model.ts'
import { glanceSchema } from './rankings.ts'

/** A result without its values per unit, which `runs.examples` gives. */
export const summarySchema = z.discriminatedUnion('ok', [measuredSchema.omit({ byIndex: true }), unmeasuredSchema])
export type Summary = z.infer<typeof summarySchema>

/** One number of one model on one data set, beside the original's. */
export const comparisonSchema = z.object({
  dataset: idSchema,
  name: z.string(),
  side: z.enum(['forget', 'retain']),
  estimator: z.string(),
  original: summarySchema,
  unlearned: summarySchema,
  /** Paired: the same resampled units. Null when either failed. */
  delta: z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number() }).nullable(),
})
export type Comparison = z.infer<typeof comparisonSchema>

export const runSchema = z.object({
  id: idSchema,
  /** "SNIP paper, k = 192 (6.25 %)". */
  title: z.string(),
  ranking: idSchema.nullable(),
  k: z.number(),
  planHash: z.string(),
  seed: z.number(),
  at: z.number(),
  stale: z.string().nullable(),
  comparisons: z.array(comparisonSchema),
})
export type Run = z.infer<typeof runSchema>

export const exampleSchema = z.object({
  index: z.number(),
  text: z.string(),
  original: z.number(),
  unlearned: z.number(),
})

/** One point of a curve: a ranking at a k on a data set. `control` marks the random control. */
export const sweepPointSchema = z.object({
  ranking: z.string(),
  rankingId: idSchema.nullable(),
  method: z.string(),
  k: z.number(),
  percent: z.number(),
  control: z.boolean(),
  dataset: idSchema.nullable(),
  name: z.string(),
  side: z.enum(['forget', 'retain']),
  results: z.record(z.string(), summarySchema),
})
export type SweepPointView = z.infer<typeof sweepPointSchema>

export const sweepSchema = z.object({
  id: idSchema,
  title: z.string(),
  at: z.number(),
  stale: z.string().nullable(),
  points: z.array(sweepPointSchema),
})
export type SweepView = z.infer<typeof sweepSchema>

export const runsContract = {
  list: call.output(z.array(runSchema)),
  /** Full measures of a plan on every evaluation data set, or on those named, as a job. Reuses the original's. */
  measure: call
    .input(
      z.object({
        plan: planChoiceSchema,
        tokens: z.number().int().positive().nullable(),
        seed: z.number().int().default(1),
        datasets: z.array(idSchema).min(1).nullable().default(null),
      }),
    )
    .output(startedSchema),
  /** The units behind a number, largest change first. */
  examples: call
    .input(
      z.object({
        run: idSchema,
        dataset: idSchema,
        estimator: z.string(),
        offset: z.number().int().nonnegative(),
        limit: z.number().int().min(1).max(500),
      }),
    )
    .output(z.object({ total: z.number(), unit: z.string(), examples: z.array(exampleSchema) })),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
}

export const sweepsContract = {
  list: call.output(z.array(sweepSchema)),
  /** Measures rankings over a grid of percents (or counts), with a random control of the same k. */
  start: call
    .input(
      z.object({
        rankings: z.array(idSchema).min(1),
        grid: z.array(z.string()).min(1).max(50),
        control: z.boolean(),
        tokens: z.number().int().positive().nullable(),
        seed: z.number().int().default(1),
      }),
    )
    .output(startedSchema),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
}

export const promptSchema = z.object({ id: idSchema, text: z.string() })
export type Prompt = z.infer<typeof promptSchema>

const side = z.enum(['original', 'unlearned'])

export const compareContract = {
  /**
   * Measures of a cut on a small sample, and two short texts before and after. A later call for the same listener should
   * abort the earlier; original values are kept. Values come first, texts as they are written.
   */
  preview: call
    .input(z.object({ plan: planChoiceSchema }))
    .output(
      eventIterator(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('measures'), measures: z.array(glanceSchema), seconds: z.number() }),
          z.object({ kind: z.literal('text'), prompt: z.string(), original: z.string(), unlearned: z.string() }),
          z.object({ kind: z.literal('done'), seconds: z.number() }),
        ]),
      ),
    ),
  prompts: call.output(z.array(promptSchema)),
  addPrompts: call.input(z.object({ texts: z.array(textSchema.min(1)).min(1).max(10_000) })).output(nothing),
  changePrompt: call.input(z.object({ id: idSchema, text: textSchema.min(1) })).output(nothing),
  removePrompts: call.input(z.object({ ids: z.array(idSchema).min(1) })).output(nothing),
  /** The same prompt and seed through both models; tokens of both sides as they come. */
  generate: call
    .input(z.object({ prompt: textSchema, settings: generationSettingsSchema, plan: planChoiceSchema }))
    .output(
      eventIterator(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('token'), side, text: z.string() }),
          z.object({ kind: z.literal('done'), original: z.string(), unlearned: z.string() }),
        ]),
      ),
    ),
  /** Log-probability in nats of every next token of a text under both models; the first token has none (null). */
  logprobs: call.input(z.object({ text: textSchema, plan: planChoiceSchema })).output(
    z.object({
      pieces: z.array(z.string()),
      original: z.array(z.number().nullable()),
      unlearned: z.array(z.number().nullable()),
    }),
  ),
  /** Names the plan that all of this is about. */
  describe: call
    .input(z.object({ plan: planChoiceSchema }))
    .output(z.object({ title: nameSchema, k: z.number(), percent: z.number(), planHash: z.string() })),
}
