import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { startExplaining } from '../recordings/explain-job.ts'
import { startRecording } from '../recordings/record-job.ts'
import { listRecordings, removeRecording, useRecording } from '../recordings/workspace-recordings.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function recordingsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.recordings).use(handleFor(session))
  return {
    list: host.list.handler(() => listRecordings(session.workspace())),
    start: host.start.handler(async ({ input }) => ({ job: await startRecording(session, input) })),
    use: host.use.handler(async ({ input }) => {
      await useRecording(session.workspace(), input.id)
      return null
    }),
    explain: host.explain.handler(async ({ input }) => ({ job: await startExplaining(session, input) })),
    explainers: host.explainers.handler(({ signal }) =>
      session.workbench.engine.client.explainers(undefined, { signal: signalOf(signal) }),
    ),
    remove: host.remove.handler(async ({ input }) => {
      await removeRecording(session.workspace(), input.id)
      return null
    }),
  }
}
