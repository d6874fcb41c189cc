import type { Job, JobKind } from '../../../contract/workbench/jobs.ts'
import type { ViewId } from '../view-ids.ts'

const homes: Readonly<Record<JobKind, { view: ViewId; label: string } | null>> = {
  record: { view: 'neurons', label: 'Show the neurons' },
  explain: { view: 'neurons', label: 'Show the concepts' },
  'explain-llm': { view: 'neurons', label: 'Show the concepts' },
  'extract-llm': { view: 'forget', label: 'Show the concepts' },
  rate: { view: 'prune', label: 'Open Rank and prune' },
  extract: { view: 'forget', label: 'Show the forget concepts' },
  rank: { view: 'prune', label: 'Show the ranking' },
  measure: { view: 'compare', label: 'Show the measures' },
  sweep: { view: 'prune', label: 'Show the curve' },
  export: { view: 'export', label: 'Show the export' },
  hash: null,
}

/** The view in which what a job made can be seen. */
export function resultView(job: Job): { view: ViewId; label: string } | null {
  return homes[job.kind]
}
