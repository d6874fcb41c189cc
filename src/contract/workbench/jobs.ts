import { z } from 'zod'
import { failureSchema } from '../failure.ts'
import { call, idSchema, nothing, startedSchema } from './call.ts'

export const jobKindSchema = z.enum([
  'record',
  'explain',
  'explain-llm',
  'extract',
  'extract-llm',
  'rate',
  'rank',
  'measure',
  'sweep',
  'export',
  'hash',
])
export type JobKind = z.infer<typeof jobKindSchema>

/** A long piece of work. Its state survives a crash: what was running then is `interrupted`, and resumes where it stopped. */
export const jobSchema = z.object({
  id: idSchema,
  kind: jobKindSchema,
  /** What it does, as a sentence: "Record 4 layers x 768 neurons over probe.txt". */
  title: z.string(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted']),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  progress: z
    .object({
      stage: z.string(),
      done: z.number(),
      total: z.number(),
      unit: z.string(),
      /** A few words on what it has cost, where it costs something. */
      note: z.string().optional(),
    })
    .nullable(),
  /** Estimated from the pace of the stage; null before there is one. */
  secondsLeft: z.number().nullable(),
  failure: failureSchema.nullable(),
  warnings: z.array(z.string()),
  /** True when the same work can be started again: after a failure, a cancel or a crash. */
  resumable: z.boolean(),
  /** What it made: id of the recording, ranking, run, sweep or export. */
  result: idSchema.nullable(),
})
export type Job = z.infer<typeof jobSchema>

export const jobsContract = {
  /** Newest first. */
  list: call.output(z.array(jobSchema)),
  /** Answers at once; the job ends at its next batch, or is killed when that takes long. */
  cancel: call.input(z.object({ id: idSchema })).output(nothing),
  /** Starts a failed, cancelled or interrupted job again, where it stopped. */
  resume: call.input(z.object({ id: idSchema })).output(startedSchema),
  /** Takes a finished job off the list. What it made stays. */
  dismiss: call.input(z.object({ id: idSchema })).output(nothing),
  log: call.input(z.object({ id: idSchema })).output(z.object({ lines: z.array(z.string()) })),
}
