import { z } from 'zod'
import { call } from './call.ts'

/** Bounds of what answers may take: less is no cache, more is no bound. */
export const leastAnswerBytes = 1_000_000
export const mostAnswerBytes = 10_000_000_000_000

const amountSchema = z.object({
  answers: z.number().int().nonnegative(),
  bytes: z.number().nonnegative(),
})
export type AnswerAmount = z.infer<typeof amountSchema>

/** Answers of language models that are kept for all workspaces, so that no question is sent, nor paid, twice. */
export const keptAnswersSchema = amountSchema.extend({
  /** Beyond it the oldest go. */
  limitBytes: z.number(),
})
export type KeptAnswers = z.infer<typeof keptAnswersSchema>

export const answersContract = {
  /** Counts them anew: other processes keep theirs in the same place. */
  kept: call.output(keptAnswersSchema),
  /** Deletes all of them and says how many. Throws `busy` while a language model is at work here. What jobs keep of their own stays. */
  clear: call.output(amountSchema),
  /** How much they may take; the oldest of what is too much go at once. */
  limit: call
    .input(z.object({ limitBytes: z.number().int().min(leastAnswerBytes).max(mostAnswerBytes) }))
    .output(keptAnswersSchema),
}
