import { z } from 'zod'
import { bytes, call, handle } from './call.ts'

/** Vectors of sentences, and how near they are. */
export const embeddingCalls = {
  /**
   * Embeds texts: f32 [texts, dimensions], rows of length 1 or 0. What all texts have in common is taken out; `sentences` says what that
   * is estimated from where texts of several calls are to be compared: the texts themselves, when left out.
   */
  embed: call
    .input(
      z.object({
        handle,
        embedder: z.string(),
        texts: z.array(z.string()),
        recording: z.string().nullable(),
        sentences: z.array(z.string()).optional(),
      }),
    )
    .output(z.object({ dimensions: z.number(), vectors: bytes })),
  /** Opens a folder with a sentence-embedding model, or finds it open. `id` is a hash of all that decides its vectors. */
  sentenceModel: call
    .input(z.object({ folder: z.string() }))
    .output(z.object({ id: z.string(), name: z.string(), pooling: z.enum(['mean', 'cls']), normalised: z.boolean() })),
  /** Vectors of sentences by such a model: f32 [texts, dimensions]. */
  embedSentences: call
    .input(z.object({ folder: z.string(), texts: z.array(z.string()) }))
    .output(z.object({ dimensions: z.number(), vectors: bytes })),
  /**
   * For each row of a matrix of vectors the greatest weight x cosine over some columns, f64. The file holds little-endian f32, row after
   * row; `key` tells its content from any other, and the products of the last one stay in memory.
   */
  similarity: call
    .input(
      z.object({
        matrix: z.object({
          file: z.string(),
          key: z.string(),
          rows: z.number().int().positive(),
          dims: z.number().int().positive(),
        }),
        columns: bytes,
        weights: z.array(z.number()).nullable(),
        startAtZero: z.boolean(),
      }),
    )
    .output(z.object({ scores: bytes, zeroRows: z.array(z.number()), zeroColumns: z.array(z.number()) })),
}
