import { z } from 'zod'
import { call, idSchema } from './call.ts'
import { estimateSchema } from './explaining.ts'
import { grantSchema } from './files.ts'

/** What turns sentences into vectors: the model itself, the embedding model of a provider, or a sentence model in a folder. */
export const embedderIdSchema = z.enum(['subject-sif', 'openai-compatible', 'sentence-onnx'])
export type EmbedderId = z.infer<typeof embedderIdSchema>

/** Who embeds; openai-compatible needs a provider with an embedding model, sentence-onnx a granted folder. */
export const embedderChoiceSchema = z.object({
  embedder: embedderIdSchema.default('subject-sif'),
  provider: idSchema.nullable().default(null),
  embedderFolder: idSchema.nullable().default(null),
})
export type EmbedderChoice = z.infer<typeof embedderChoiceSchema>

/** The most that one search by meaning may take of a provider: sentences that it embedded before cost nothing, so another search goes on. */
export const mostSearchTokens = 1_000_000

/** Which sentences are embedded: all concepts, or what a ranking compares: concepts, forget concepts and protected ones. */
export const embeddedTextsSchema = z.enum(['concepts', 'ranking'])

export const embeddersContract = {
  /** The sentence model that was used last, in any workspace; null where none was, or it is gone. */
  lastSentenceModel: call.output(grantSchema.nullable()),
  /** Opens the sentence model in a granted folder, and remembers it. Throws `bad-model`, which names what is missing. */
  sentenceModel: call
    .input(z.object({ folder: idSchema }))
    .output(z.object({ folder: grantSchema, pooling: z.enum(['mean', 'cls']), normalised: z.boolean() })),
  /** What the embedding model of a provider would be sent; those sent before count as answered. Sends nothing. */
  estimate: call
    .input(z.object({ provider: idSchema, texts: embeddedTextsSchema }))
    .output(estimateSchema.extend({ texts: z.number() })),
}
