import { z } from 'zod'
import type { ChatReply, CompletionReply } from '../../../../core/concepts/language-model.ts'

const count = z.number().nonnegative()
const usage = z.object({ promptTokens: count, completionTokens: count }).nullable()
const scored = z.object({ token: z.string(), top: z.array(z.object({ token: z.string(), logprob: z.number() })) })
const chat = z.object({
  text: z.string(),
  finish: z.enum(['stop', 'length', 'refused', 'other']),
  logprobs: z.array(scored).nullable(),
  usage,
  model: z.string(),
})
const completion = z.object({ tokens: z.array(scored.extend({ offset: z.number().int() })), usage, model: z.string() })

/** Whether what a file keeps is a reply: journals come with workspaces of others, too. */
export function isKeptReply(kind: 'chat' | 'completion'): (value: unknown) => value is ChatReply | CompletionReply {
  const schema = kind === 'chat' ? chat : completion
  return (value): value is ChatReply | CompletionReply => schema.safeParse(value).success
}
