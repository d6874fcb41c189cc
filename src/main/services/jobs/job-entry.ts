import type { Job } from '../../../contract/workbench/jobs.ts'
import type { TaskProgress } from '../task.ts'
import { jobOf, type JobRecord, type JobState } from './job-record.ts'
import type { JobTask } from './job-runner.ts'
import { StagePace } from './stage-pace.ts'

const mostWarnings = 100

/** A job in memory. */
export interface JobEntry {
  readonly record: JobRecord
  state: JobState
  progress: TaskProgress | null
  secondsLeft: number | null
  /** Set while its work runs, also after it was cancelled. */
  running: { readonly controller: AbortController; readonly ended: Promise<void> } | null
}

/** A job as it is listed. */
export function showJob({ record, state, progress, secondsLeft }: JobEntry): Job {
  return jobOf(record.request, state, { progress, secondsLeft })
}

/** What the work of a job is handed: progress and warnings come to the entry and its log, and are told by `tell`. */
export function jobTask(entry: JobEntry, signal: AbortSignal, tell: () => void): JobTask {
  const pace = new StagePace()
  let stage: string | null = null
  return {
    job: entry.record.request.id,
    signal,
    report: (news) => {
      if (entry.state.state !== 'running') return
      const { stage: name, done, total, unit, note } = news
      if (name !== stage) entry.record.log(`${name}: ${done} of ${total} ${unit}`)
      stage = name
      entry.progress = { stage: name, done, total, unit, ...(note === undefined ? {} : { note }) }
      entry.secondsLeft = pace.secondsLeft(news, performance.now())
      tell()
    },
    warn: (sentence) => {
      const { warnings } = entry.state
      if (warnings.includes(sentence) || warnings.length >= mostWarnings) return
      entry.record.log(`Warning: ${sentence}`)
      entry.state = { ...entry.state, warnings: [...warnings, sentence] }
      tell()
    },
  }
}
