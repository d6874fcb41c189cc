import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { call } from './call.ts'
import { jobSchema } from './jobs.ts'

/** Parts of the workbench whose contents changed: whoever shows one asks for it again. */
export const topicSchema = z.enum([
  'workspace',
  'settings',
  'model',
  'datasets',
  'recordings',
  'neurons',
  'concepts',
  'reviews',
  'pins',
  'forget-concepts',
  'rankings',
  'plans',
  'runs',
  'sweeps',
  'prompts',
  'exports',
  'jobs',
  'providers',
  'ledger',
  'answers',
])
export type Topic = z.infer<typeof topicSchema>

export const eventSchema = z.discriminatedUnion('kind', [
  /** The first event of every stream: the listener may have missed any number of changes and asks for all anew. */
  z.object({ kind: z.literal('hello'), process: z.string(), revision: z.number() }),
  z.object({ kind: z.literal('changed'), topics: z.array(topicSchema), revision: z.number() }),
  z.object({ kind: z.literal('job'), job: jobSchema }),
  z.object({
    kind: z.literal('engine'),
    state: z.enum(['started', 'died', 'restarted']),
    /** One sentence: what happened, how it died. */
    message: z.string(),
  }),
  /** The last thing that happened, and what to do next. */
  z.object({ kind: z.literal('status'), text: z.string() }),
])
export type WorkbenchEvent = z.infer<typeof eventSchema>

export const eventsContract = {
  /** All that happens, at most 20 events a second: changes are gathered and only the newest state of a job is sent. */
  watch: call.output(eventIterator(eventSchema)),
}
