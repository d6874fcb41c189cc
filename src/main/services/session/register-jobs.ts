import { registerExportJobs } from '../exports/export-job.ts'
import { registerExtractJobs } from '../forget-concepts/extract-job.ts'
import { registerExtractLlmJobs } from '../forget-concepts/extract-llm-job.ts'
import { registerExplainLlmJobs } from '../recordings/explain-llm-job.ts'
import { registerRateJobs } from '../rankings/rate-job.ts'
import { registerExplainJobs } from '../recordings/explain-job.ts'
import { registerRecordJobs } from '../recordings/record-job.ts'
import { registerRankJobs } from '../rankings/rank-job.ts'
import { registerMeasureJobs } from '../runs/measure-job.ts'
import { registerSweepJobs } from '../sweeps/sweep-job.ts'
import type { WorkbenchSession } from './session.ts'

/** Tells the job runner how each kind of job is done. Whoever adds a kind adds a line. */
export function registerJobs(session: WorkbenchSession): void {
  registerExtractJobs(session)
  registerRecordJobs(session)
  registerExplainJobs(session)
  registerExplainLlmJobs(session)
  registerExtractLlmJobs(session)
  registerRateJobs(session)
  registerRankJobs(session)
  registerMeasureJobs(session)
  registerSweepJobs(session)
  registerExportJobs(session)
}
