import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { call, idSchema, nameSchema } from './call.ts'
import { planInfoSchema } from './rankings.ts'

/** What a file of somebody else's concepts holds for the neurons of the recording in use. */
export const foundConceptsSchema = z.object({
  /** How the file was read: concepts.jsonl, OpenAI, Neuronpedia, table … */
  format: z.string(),
  /** As many as are taken in: one for each author of a neuron. */
  concepts: z.number(),
  /** Neurons that they are of. */
  neurons: z.number(),
  /** Columns of a table, models, whoever wrote them, and how many there are beyond these. */
  authors: z.array(z.object({ author: z.string(), concepts: z.number() })),
  otherAuthors: z.number(),
  /** Concepts that are left out: their author has another one of the same neuron that is scored better, or came before. */
  repeated: z.number(),
  /** Concepts of neurons that are not in the recording in use: they are left out. */
  elsewhere: z.number(),
  /** Neurons whose concept a person wrote or accepted already: it stays, the other stands beside it. */
  besidePersons: z.number(),
  /** Neurons of which nobody said anything here, and the file holds what persons said there: it comes along. */
  reviewed: z.number(),
  rejectedCount: z.number(),
  rejected: z.array(z.object({ line: z.number(), reason: z.string() })),
  sample: z.array(
    z.object({
      neuron: z.string(),
      text: z.string(),
      score: z.number().nullable(),
      author: z.string(),
      /** The best-scored of its neuron, or the first: the others stand beside it. */
      isInUse: z.boolean(),
    }),
  ),
})
export type FoundConcepts = z.infer<typeof foundConceptsSchema>

/** How far reading a file of concepts is, and in the end what it holds. Whoever leaves the stream cancels the work. */
export const foundConceptsEventSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    stage: z.string(),
    done: z.number(),
    total: z.number(),
    unit: z.string(),
  }),
  z.object({ kind: z.literal('done'), value: foundConceptsSchema }),
])

export const tableKindSchema = z.enum(['concepts', 'ranking', 'history', 'forget-and-protected'])
export const tableFormatSchema = z.enum(['jsonl', 'csv', 'parquet'])
export type TableKind = z.infer<typeof tableKindSchema>
export type TableFormat = z.infer<typeof tableFormatSchema>

export const writtenTableSchema = z.object({ path: z.string(), rows: z.number(), bytes: z.number() })
export type WrittenTable = z.infer<typeof writtenTableSchema>

/** Concepts, rankings and choices of neurons that come from and go to other programs. */
export const exchangeContract = {
  look: call.input(z.object({ file: z.string() })).output(eventIterator(foundConceptsEventSchema)),
  /**
   * Adds them as an explanation of its own, with what persons said of them there: nothing that a person said here is changed. Cancelled, it
   * adds nothing.
   */
  importConcepts: call.input(z.object({ file: z.string() })).output(eventIterator(foundConceptsEventSchema)),
  /** Saves the neurons that a plan file, a list or a dictionary names as a plan. */
  importPlan: call.input(z.object({ file: z.string(), name: nameSchema })).output(planInfoSchema),
  /** Writes a table into the workspace's exports folder; never over a file. `ranking` is needed for that table. */
  write: call
    .input(z.object({ table: tableKindSchema, format: tableFormatSchema, ranking: idSchema.nullable() }))
    .output(writtenTableSchema),
}
