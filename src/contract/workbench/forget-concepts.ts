import { z } from 'zod'
import { call, idSchema, nothing, startedSchema } from './call.ts'
import { embedderIdSchema } from './embedders.ts'
import { budgetSchema, estimateSchema } from './explaining.ts'

const sentence = z.string().trim().min(1).max(10_000)

export const forgetConceptItemSchema = z.object({
  id: idSchema,
  text: z.string(),
  weight: z.number().nonnegative(),
  enabled: z.boolean(),
  /** Extractor id, or 'person'. */
  source: z.string(),
  /** The person's name, or the language model that listed it; left out where nobody knows. */
  author: z.string().exactOptional(),
  /** Preset of the extractor, and how many of its draws named the concept. */
  preset: z.string().exactOptional(),
  draws: z.number().int().exactOptional(),
  drawsOf: z.number().int().exactOptional(),
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
  embedder: embedderIdSchema.nullable().optional(),
  /** The granted folder of sentence-onnx. */
  embedderFolder: idSchema.nullable().default(null),
})

/** `merge`: what is new is added, equal sentences take weight and switch of the file. `replace`: the lists that the file is of become its own. */
export const takeListSchema = z.enum(['merge', 'replace'])
export type TakeList = z.infer<typeof takeListSchema>

const weighed = forgetConceptItemSchema.omit({ id: true })

/** What a file of concepts would bring to the lists. */
export const foundForgetConceptsSchema = z.object({
  /** SHA-256 of the file: what is taken is what was looked at. */
  hash: z.string(),
  /** How the file was read: forget.jsonl, table … */
  format: z.string(),
  forget: z.number(),
  protected: z.number(),
  fresh: z.number(),
  same: z.number(),
  /** Sentences that are there with another weight, or switched the other way. */
  changed: z.number(),
  /** Concepts of the lists that the file is of, which it does not hold: they stay, or with `replace` go. */
  others: z.number(),
  rejectedCount: z.number(),
  rejected: z.array(z.object({ line: z.number(), reason: z.string() })),
  /** The first of them: changed ones, then new ones. */
  sample: z.array(
    weighed.extend({
      side: conceptSideSchema,
      becomes: z.enum(['changed', 'fresh', 'same']),
      before: z.object({ weight: z.number(), enabled: z.boolean() }).nullable(),
    }),
  ),
})
export type FoundForgetConcepts = z.infer<typeof foundForgetConceptsSchema>

/** A file of concepts; those of no side go to `side`. */
const listFile = z.object({ file: z.string(), side: conceptSideSchema })

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
  /** What a file of concepts, of either side or both, would bring. */
  lookAtFile: call.input(listFile).output(foundForgetConceptsSchema),
  /** Takes them as one step of undo. Throws `bad-argument` when the file changed since it was looked at. */
  importFile: call.input(listFile.extend({ hash: z.string(), how: takeListSchema })).output(foundForgetConceptsSchema),
  /** Sends nothing. */
  estimateExtraction: call.input(llmExtractSchema).output(estimateSchema),
  /** Asks a language model, and adds the concepts that are new. Its replies stay in the job's folder as they came. */
  extractWithLanguageModel: call
    .input(llmExtractSchema.extend({ budget: budgetSchema.nullable() }))
    .output(startedSchema),
}
