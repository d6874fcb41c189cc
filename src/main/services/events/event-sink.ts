import type { Topic, WorkbenchEvent } from '../../../contract/workbench/events.ts'
import type { Job } from '../../../contract/workbench/jobs.ts'

/** Where services tell what happened. */
export interface EventSink {
  /** Whoever shows one of these topics asks for it again. */
  changed(...topics: readonly Topic[]): void
  /** One sentence for the status line: what happened, what to do next. */
  status(text: string): void
  job(job: Job): void
  engine(state: Extract<WorkbenchEvent, { kind: 'engine' }>['state'], message: string): void
}
