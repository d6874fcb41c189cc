import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { generationSettingsSchema, modelFactsSchema } from '../engine-host.ts'
import { call, idSchema, nothing } from './call.ts'
import { grantSchema } from './files.ts'

/** Facts of a model without the handle of the engine. */
export const modelCardSchema = modelFactsSchema.omit({ handle: true })
export type ModelCard = z.infer<typeof modelCardSchema>

/** Peak memory by purpose, estimated before weights are loaded, against what is free. */
export const memoryEstimateSchema = z.object({
  freeBytes: z.number(),
  purposes: z.array(z.object({ purpose: z.string(), bytes: z.number(), fits: z.boolean() })),
})

/** Which neurons are gone: none, the first k of a ranking (pins applied), or those of a saved plan. */
export const planChoiceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('cut'), ranking: idSchema, k: z.number().int().nonnegative() }),
  z.object({ kind: z.literal('saved'), plan: idSchema }),
])
export type PlanChoice = z.infer<typeof planChoiceSchema>

const longestText = 1_000_000
export const textSchema = z.string().max(longestText)

export const modelStateSchema = z.object({
  card: modelCardSchema.nullable(),
  path: z.string(),
  name: z.string(),
  /** Null while it is computed. */
  modelHash: z.string().nullable(),
  memory: memoryEstimateSchema.nullable(),
  /** Why the model cannot be used now: moved, changed, refused. One sentence with what to do. */
  problem: z.string().nullable(),
  loaded: z.boolean(),
})
export type ModelState = z.infer<typeof modelStateSchema>

/** A model that was taken into use before, in this workspace or another one. */
export const recentModelSchema = z.object({
  /** Names the entry of the list, also of one that is gone. */
  id: z.string(),
  name: z.string(),
  family: z.string(),
  /** For showing only. */
  path: z.string(),
  openedAt: z.number(),
  /** Null when it, or its tokenizer, is no longer there. */
  grant: grantSchema.nullable(),
  /** The tokenizer that was chosen with it; null when it lies beside the model. */
  tokenizer: grantSchema.nullable(),
})
export type RecentModel = z.infer<typeof recentModelSchema>

export const modelContract = {
  /** Reads headers only: facts and the memory that loading would take. */
  inspect: call
    .input(z.object({ source: z.string(), tokenizer: z.string().nullable() }))
    .output(z.object({ card: modelCardSchema, memory: memoryEstimateSchema })),
  /** Makes a model the workspace's own. Its recordings and rankings of another model become stale, and stay. */
  use: call.input(z.object({ source: z.string(), tokenizer: z.string().nullable() })).output(modelStateSchema),
  current: call.output(modelStateSchema.nullable()),
  /** Models that were in use before, newest first. */
  recent: call.output(z.array(recentModelSchema)),
  /** Takes a model off that list. Its files stay. */
  forgetRecent: call.input(z.object({ id: z.string() })).output(nothing),
  /** Frees the engine's memory; the next use loads again. */
  unload: call.output(nothing),
  tokens: call.input(z.object({ text: textSchema })).output(
    z.object({
      ids: z.array(z.number()),
      pieces: z.array(z.string()),
      spans: z.array(z.tuple([z.number(), z.number()])),
    }),
  ),
  /** Continues a prompt; tokens as they come. Ends early when the caller leaves the stream. */
  generate: call
    .input(z.object({ prompt: textSchema, settings: generationSettingsSchema, plan: planChoiceSchema }))
    .output(
      eventIterator(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('token'), text: z.string() }),
          z.object({ kind: z.literal('done'), text: z.string(), tokens: z.number(), seconds: z.number() }),
        ]),
      ),
    ),
}
