import { z } from 'zod'
import { call, idSchema, nothing, startedSchema } from './call.ts'
import { budgetSchema, estimateSchema } from './explaining.ts'

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

/** Which list concepts go to: what shall be forgotten, or what must stay. */
export const conceptSideSchema = z.enum(['forget', 'protected'])
export type ConceptSide = z.infer<typeof conceptSideSchema>

/** Asking a language model for the concepts of a data set. `params` override those of the preset. */
export const llmExtractSchema = z.object({
  side: conceptSideSchema,
  /** The forget data, or for protected concepts the retain data. */
  data: idSchema,
  provider: idSchema,
  preset: z.string().nullable(),
  params: z.record(z.string(), z.unknown()).default({}),
  seed: z.number().int().nonnegative().default(1),
  /** Who compares the wordings of several draws; null merges equal ones only. Left out: the provider, where it has an embedding model. */
  embedder: z.enum(['openai-compatible', 'sentence-onnx']).nullable().optional(),
  /** The granted folder of sentence-onnx. */
  embedderFolder: idSchema.nullable().default(null),
})

const listOperations = {
  list: call.output(z.array(forgetConceptItemSchema)),
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

/** Concepts that must stay: likeness to them lowers a neuron's score. An extension of SNIP. */
export const protectedConceptsContract = listOperations

export const forgetConceptsContract = {
  ...listOperations,
  extractors: call.output(z.array(z.object({ id: z.string(), name: z.string(), citation: z.string() }))),
  /** Reads the concepts of data by contrast with reference text, and adds those that are new. */
  extract: call
    .input(
      z.object({
        forget: idSchema,
        reference: idSchema,
        extractor: z.string(),
        side: conceptSideSchema.default('forget'),
      }),
    )
    .output(startedSchema),
  /** Presets and parameters of the extractor that asks a language model; `params` is JSON Schema. */
  languageModelExtractor: call.output(
    z.object({
      id: z.string(),
      name: z.string(),
      citation: z.string(),
      presets: z.array(z.object({ id: z.string(), params: z.record(z.string(), z.unknown()) })),
      params: z.record(z.string(), z.unknown()),
      /** Neuron concepts that the prompt gives as examples. */
      examples: z.array(z.string()),
    }),
  ),
  /** Sends nothing. */
  estimateExtraction: call.input(llmExtractSchema).output(estimateSchema),
  /** Asks a language model, and adds the concepts that are new. Its replies stay in the job's folder as they came. */
  extractWithLanguageModel: call
    .input(llmExtractSchema.extend({ budget: budgetSchema.nullable() }))
    .output(startedSchema),
}
