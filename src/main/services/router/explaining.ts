import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { estimateExplainJob, explainingOptions, startExplainJob } from '../recordings/explain-llm-job.ts'
import { estimateRate, startRate } from '../rankings/rate-job.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function explainingRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.explaining).use(handleFor(session))
  return {
    options: host.options.handler(() => explainingOptions()),
    estimate: host.estimate.handler(({ input, signal }) => estimateExplainJob(session, input, signalOf(signal))),
    start: host.start.handler(async ({ input }) => ({ job: await startExplainJob(session, input) })),
    estimateRating: host.estimateRating.handler(({ input, signal }) => estimateRate(session, input, signalOf(signal))),
    rate: host.rate.handler(async ({ input }) => ({ job: await startRate(session, input) })),
  }
}
