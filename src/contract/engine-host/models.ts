import { z } from 'zod'
import { modelFactsSchema, providerIdSchema, tokenIdsSchema } from '../engine-values.ts'
import { bytes, call, handle } from './call.ts'

/** Opening models, and their tokens. */
export const modelCalls = {
  /** Which providers can start here, tried one at a time, and versions. */
  probe: call.output(
    z.object({
      pid: z.number(),
      node: z.string(),
      onnxRuntime: z.string(),
      providers: z.array(z.object({ provider: providerIdSchema, works: z.boolean(), reason: z.string().nullable() })),
    }),
  ),
  /** Opens a checkpoint folder or an .onnx file, also of another program: headers only, weights stay on disk. */
  open: call
    .input(
      z.object({
        path: z.string(),
        tokenizer: z.string().nullable(),
        threads: z.number().int().nonnegative(),
        provider: providerIdSchema.nullable(),
      }),
    )
    .output(modelFactsSchema),
  close: call.input(z.object({ handle })).output(z.null()),
  /** SHA-256 of config.json and the weight files (DESIGN: modelHash). */
  hash: call.input(z.object({ handle })).output(z.object({ modelHash: z.string() })),
  /** With `most`, a text that has more tokens is refused (`bad-argument`) as soon as that is known. */
  encode: call
    .input(
      z.object({
        handle,
        text: z.string(),
        specialTokens: z.boolean(),
        most: z.number().int().positive().optional(),
      }),
    )
    .output(
      z.object({ ids: tokenIdsSchema, pieces: z.array(z.string()), spans: z.array(z.tuple([z.number(), z.number()])) }),
    ),
  decode: call
    .input(z.object({ handle, ids: tokenIdsSchema, skipSpecialTokens: z.boolean() }))
    .output(z.object({ text: z.string(), pieces: z.array(z.string()) })),
  /** What each token of some windows shows, one piece for each id: joined they are the text. */
  pieces: call
    .input(z.object({ handle, windows: z.array(tokenIdsSchema) }))
    .output(z.object({ pieces: z.array(z.array(z.string())) })),
  /** Number of tokens of each text, u32. */
  tokenLengths: call.input(z.object({ handle, texts: z.array(z.string()) })).output(z.object({ lengths: bytes })),
}
