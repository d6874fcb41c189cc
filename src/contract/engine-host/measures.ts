import { z } from 'zod'
import { clozeLossesSchema, clozeTaskSchema, filledCandidateSchema } from '../engine-values.ts'
import { bytes, call, handle, plan, progressThen } from './call.ts'

const documentSchema = z.object({ text: z.string(), row: z.number().int().nonnegative().optional() })

/** What is kept under a handle to be measured, and its measures. */
export const measureCalls = {
  /**
   * Tokenizes documents, cuts them into windows and keeps them under a handle. With `specialTokens` every window is framed by what the tokenizer's
   * template adds, and holds that many fewer tokens of the text; `frame` says how many the template adds, used or not.
   */
  corpus: call
    .input(
      z.object({
        handle,
        documents: z.array(documentSchema),
        keepShort: z.boolean(),
        window: z.number().int(),
        tokens: z.number().int().positive().nullable(),
        specialTokens: z.boolean().default(false),
      }),
    )
    .output(z.object({ corpus: z.string(), windows: z.number(), tokens: z.number(), frame: z.number() })),
  /** Forgets a corpus. One that was closed before is no failure. */
  closeCorpus: call.input(z.object({ handle, corpus: z.string() })).output(z.null()),
  /** Loss of each predicted token of a corpus: f32 [windows, window - 1], NaN where padded; ranks likewise. */
  losses: call
    .input(z.object({ handle, corpus: z.string(), plan, ranks: z.boolean() }))
    .output(progressThen(z.object({ kind: z.literal('done'), losses: bytes, ranks: bytes.nullable() }))),
  /**
   * Losses of tokens behind masks in a corpus, of a masked language model: f32 [windows, window], NaN where no token was asked for; ranks
   * likewise. `share` of each window's tokens are asked for, chosen by the seed and the window's number.
   */
  maskedLosses: call
    .input(z.object({ handle, corpus: z.string(), plan, share: z.number().positive().max(1), seed: z.number().int() }))
    .output(progressThen(z.object({ kind: z.literal('done'), losses: bytes, ranks: bytes }))),
  /** Begins a set of images, which are prepared as the preprocessor_config.json beside the model says. */
  imageSet: call.input(z.object({ handle })).output(z.object({ set: z.string() })),
  /** Decodes PNG and JPEG files and appends them to a set; `refused` are left out, by their place in this call. */
  addImages: call
    .input(z.object({ handle, set: z.string(), images: z.array(z.object({ bytes })) }))
    .output(z.object({ images: z.number(), refused: z.array(z.object({ index: z.number(), reason: z.string() })) })),
  /** Logits of all images of a set: f32 [images, classes]. */
  classify: call
    .input(z.object({ handle, set: z.string(), plan }))
    .output(progressThen(z.object({ kind: z.literal('done'), logits: bytes }))),
  /** Forgets a set of images. One that was closed before is no failure. */
  closeImageSet: call.input(z.object({ handle, set: z.string() })).output(z.null()),
  /** Tokenizes and lays out cloze questions and keeps them under a handle. */
  clozeSet: call
    .input(z.object({ handle, questions: z.array(z.array(filledCandidateSchema)) }))
    .output(z.object({ set: z.string(), tasks: z.array(clozeTaskSchema) })),
  /** Forgets a set of cloze questions. One that was closed before is no failure. */
  closeClozeSet: call.input(z.object({ handle, set: z.string() })).output(z.null()),
  clozeLosses: call
    .input(z.object({ handle, set: z.string(), plan }))
    .output(progressThen(z.object({ kind: z.literal('done'), questions: z.array(clozeLossesSchema) }))),
}
