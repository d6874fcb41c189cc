import { z } from 'zod'
import { call, idSchema, nameSchema, nothing } from './call.ts'

/** What a data set is used for. The evaluation roles say which way a measure on it should go. */
export const roleSchema = z.enum(['probe', 'forget', 'retain', 'evaluate-forget', 'evaluate-retain'])
export type Role = z.infer<typeof roleSchema>

/** How rows become documents. */
export const mappingSchema = z.object({
  /** Column that holds the text; null for files without columns. */
  textColumn: z.string().nullable(),
  /** SQL predicate over the columns, evaluated locked to this one file. */
  where: z.string().max(10_000).nullable(),
  sample: z.number().int().positive().nullable(),
  seed: z.number().int(),
  /** Which questions of a cloze file: 1 to 100 are the forget set, the rest are for evaluation. */
  split: z.enum(['forget', 'evaluation', 'all']),
})
export type Mapping = z.infer<typeof mappingSchema>

export const cellSchema = z.union([z.string(), z.number(), z.boolean(), z.null()])

const rejectionSchema = z.object({ line: z.number(), reason: z.string() })

export const previewSchema = z.object({
  name: z.string(),
  format: z.string(),
  kind: z.enum(['text', 'rows', 'cloze']),
  bytes: z.number(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Mapping in use; the text column is guessed when the caller gave none. */
  mapping: mappingSchema,
  rows: z.number(),
  documents: z.number(),
  rejectedCount: z.number(),
  /** The first 1,000. */
  rejected: z.array(rejectionSchema),
  repaired: z.array(z.string()),
  /** The first 50 rows; cells longer than 2,000 characters are cut and end in an ellipsis. */
  preview: z.array(z.record(z.string(), cellSchema)),
})
export type DataPreview = z.infer<typeof previewSchema>

export const tokenStatisticsSchema = z.object({
  documents: z.number(),
  tokens: z.number(),
  longest: z.number(),
  /** Documents by length in tokens: `counts[i]` lie in [edges[i], edges[i + 1]). */
  histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number()) }),
})

export const datasetSchema = z.object({
  id: idSchema,
  name: z.string(),
  path: z.string(),
  format: z.string(),
  kind: z.enum(['text', 'rows', 'cloze']),
  mapping: mappingSchema,
  roles: z.array(roleSchema),
  documents: z.number(),
  rejectedCount: z.number(),
  dataHash: z.string(),
  tokens: tokenStatisticsSchema.nullable(),
  /** Why it cannot be used now (moved, changed since import), with what to do; null when all is well. */
  problem: z.string().nullable(),
})
export type Dataset = z.infer<typeof datasetSchema>

export const datasetsContract = {
  list: call.output(z.array(datasetSchema)),
  /** Reads a granted file under a mapping without importing it. */
  preview: call.input(z.object({ file: z.string(), mapping: mappingSchema.nullable() })).output(previewSchema),
  /** The file stays where it is; the workspace keeps its path, mapping and hash. */
  import: call
    .input(z.object({ file: z.string(), name: nameSchema, mapping: mappingSchema, roles: z.array(roleSchema) }))
    .output(datasetSchema),
  change: call
    .input(
      z.object({
        id: idSchema,
        name: nameSchema.optional(),
        mapping: mappingSchema.optional(),
        roles: z.array(roleSchema).optional(),
      }),
    )
    .output(datasetSchema),
  remove: call.input(z.object({ id: idSchema })).output(nothing),
  /** The preview of an imported data set. */
  show: call.input(z.object({ id: idSchema })).output(previewSchema),
  /** Documents in use, from `offset`; texts longer than 20,000 characters are cut and end in an ellipsis. */
  documents: call
    .input(z.object({ id: idSchema, offset: z.number().int().nonnegative(), limit: z.number().int().min(1).max(200) }))
    .output(z.object({ total: z.number(), documents: z.array(z.object({ row: z.number(), text: z.string() })) })),
  /** Counts tokens with the workspace's model and keeps the counts. */
  countTokens: call.input(z.object({ id: idSchema })).output(tokenStatisticsSchema),
}
