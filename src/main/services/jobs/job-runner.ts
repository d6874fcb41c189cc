import type { z } from 'zod'
import type { Job, JobKind } from '../../../contract/workbench/jobs.ts'
import type { Task } from '../task.ts'

/** What a job hands to the work that it does. */
export interface JobTask extends Task {
  /** Id of the job. Good as the id of what it makes: a job that resumes has the same. */
  readonly job: string
}

/** How jobs of one kind are done. */
export interface JobWork<Params> {
  /** Plain JSON; kept in the job's folder and checked when the job starts or resumes. */
  readonly params: z.ZodType<Params>
  /** True when it needs no engine: it then runs at once, beside others. */
  readonly light?: boolean
  /**
   * Does the work and answers the id of what it made. Resuming calls it again with the same params and folder.
   * `folder` is jobs/<id>/work in the workspace: there, empty at first, and for this job alone.
   */
  readonly run: (params: Params, task: JobTask, folder: string) => Promise<string | null>
}

/** The long pieces of work of the open workspace: one with the engine at a time, in the order in which they were started. */
export interface JobRunner {
  register<Params>(kind: JobKind, work: JobWork<Params>): void
  /** Queues a job and answers its id. Throws `not-found` when no workspace is open. */
  start(kind: JobKind, title: string, params: unknown): Promise<string>
  /** Newest first. */
  list(): Job[]
  /** Throws `not-found`. */
  find(id: string): Job
  /** Answers at once; the job ends at its next batch, or with the engine's process when that takes over two seconds. */
  cancel(id: string): void
  /** Starts a failed, cancelled or interrupted job again where it stopped. Throws `bad-argument` for another. */
  resume(id: string): Promise<string>
  /** Takes a finished job off the list. */
  dismiss(id: string): void
  log(id: string): string[]
  /** Resolves when the job is queued and running no more. For tests and for closing. */
  settled(id: string): Promise<Job>
}
