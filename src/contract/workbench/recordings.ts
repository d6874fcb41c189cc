import { z } from 'zod'
import { siteSchema } from '../neuron.ts'
import { call, idSchema, nothing, startedSchema } from './call.ts'

export const recordingSchema = z.object({
  id: idSchema,
  dataset: idSchema.nullable(),
  /** Name of the data at the time. */
  data: z.string(),
  sites: z.array(siteSchema),
  tokens: z.number(),
  windows: z.number(),
  window: z.number(),
  neurons: z.number(),
  seed: z.number(),
  /** Why it is out of date (other model, data changed); null when it is not. */
  stale: z.string().nullable(),
  /** The recording whose evidence the neuron views show. */
  inUse: z.boolean(),
})
export type Recording = z.infer<typeof recordingSchema>

export const recordingsContract = {
  list: call.output(z.array(recordingSchema)),
  start: call
    .input(
      z.object({
        dataset: idSchema,
        /** First tokens to take; null for all. */
        tokens: z.number().int().positive().nullable(),
        window: z.number().int().min(2).default(64),
        sites: z.array(siteSchema).min(1),
        seed: z.number().int().default(1),
      }),
    )
    .output(startedSchema),
  /** Chooses the recording whose evidence is shown. */
  use: call.input(z.object({ id: idSchema })).output(nothing),
  /** Names and explains neurons of the recording in use that have no concept yet, most peaked first. */
  explain: call
    .input(
      z.object({
        explainer: z.string(),
        sites: z.array(siteSchema).min(1),
        /** Null for all. */
        top: z.number().int().positive().nullable(),
        seed: z.number().int().default(1),
      }),
    )
    .output(startedSchema),
  explainers: call.output(z.array(z.object({ id: z.string(), name: z.string(), citation: z.string() }))),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
}
