import { z } from 'zod'
import { call, idSchema, nothing, startedSchema } from './call.ts'

const sentence = z.string().trim().min(1).max(10_000)

export const forgetConceptItemSchema = z.object({
  id: idSchema,
  text: z.string(),
  weight: z.number().nonnegative(),
  enabled: z.boolean(),
  /** Extractor id, or 'person'. */
  source: z.string(),
})
export type ForgetConceptItem = z.infer<typeof forgetConceptItemSchema>

export const forgetConceptsContract = {
  list: call.output(z.array(forgetConceptItemSchema)),
  extractors: call.output(z.array(z.object({ id: z.string(), name: z.string(), citation: z.string() }))),
  /** Reads the concepts of a forget set by contrast with reference text, and adds those that are new. */
  extract: call.input(z.object({ forget: idSchema, reference: idSchema, extractor: z.string() })).output(startedSchema),
  add: call
    .input(z.object({ text: sentence, weight: z.number().nonnegative().default(1) }))
    .output(forgetConceptItemSchema),
  change: call
    .input(
      z.object({
        id: idSchema,
        text: sentence.optional(),
        weight: z.number().nonnegative().optional(),
        enabled: z.boolean().optional(),
      }),
    )
    .output(forgetConceptItemSchema),
  /** Several become one with the sum of their weights. One undoable edit. */
  merge: call.input(z.object({ ids: z.array(idSchema).min(2), text: sentence })).output(forgetConceptItemSchema),
  remove: call.input(z.object({ ids: z.array(idSchema).min(1) })).output(nothing),
}
