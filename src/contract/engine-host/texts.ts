import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { generationSettingsSchema, tokenIdsSchema } from '../engine-values.ts'
import { bytes, call, handle, plan } from './call.ts'

/** What a model expects of a text, and what it writes. */
export const textCalls = {
  /** Natural-log probability of each next token, and the logits after the last token as f32. */
  logprobs: call
    .input(z.object({ handle, ids: tokenIdsSchema, plan }))
    .output(z.object({ logprobs: z.array(z.number()), lastLogits: bytes })),
  /**
   * How a chat is written for a model, by the files beside it; `key` is a hash of them. Throws `bad-model` for files that cannot be read.
   */
  chatFormat: call
    .input(z.object({ handle }))
    .output(z.object({ hasTemplate: z.boolean(), stopIds: tokenIdsSchema, key: z.string() })),
  /**
   * Ids of a chat up to where the answer begins. What the messages hold is text, also where it spells control tokens. Throws `bad-model`
   * without a usable template, `llm-reply` for a text that the tokenizer has no plain tokens for.
   */
  chatPrompt: call
    .input(
      z.object({
        handle,
        messages: z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })).min(1),
      }),
    )
    .output(z.object({ ids: tokenIdsSchema })),
  /**
   * What a model expects behind each tab of a text, in one run: natural-log probabilities, f64 [slots, integers], of the numbers that
   * its vocabulary tells apart, "0" to "9" and maybe "10". `slots` are where the numbers would begin (UTF-16). Throws `bad-model`, and
   * `llm-reply` for a text longer than the context.
   */
  integersAfterTabs: call.input(z.object({ handle, text: z.string() })).output(
    z.object({
      slots: z.array(z.number()),
      integers: z.array(z.string()),
      logprobs: bytes,
      tokens: z.number(),
    }),
  ),
  generate: call
    .input(
      z.object({
        handle,
        ids: tokenIdsSchema,
        plan,
        settings: generationSettingsSchema.extend({
          /** Draws are from the likeliest tokens whose probabilities reach this together. */
          topP: z.number().positive().max(1).default(1),
          /** Tokens that end the text besides the tokenizer's end token. They are among the ids and not in the text. */
          stopIds: tokenIdsSchema.max(100).default([]),
        }),
      }),
    )
    .output(
      eventIterator(
        z.discriminatedUnion('kind', [
          z.object({ kind: z.literal('token'), id: z.number(), text: z.string() }),
          z.object({ kind: z.literal('done'), ids: tokenIdsSchema, text: z.string() }),
        ]),
      ),
    ),
}
