import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { startSweep } from '../sweeps/sweep-job.ts'
import { listSweeps, removeSweep } from '../sweeps/sweeps.ts'
import { handleFor } from './failures.ts'

export function sweepsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.sweeps).use(handleFor(session))
  return {
    list: host.list.handler(() => listSweeps(session)),
    start: host.start.handler(async ({ input }) => ({ job: await startSweep(session, input) })),
    remove: host.remove.handler(async ({ input }) => {
      await removeSweep(session.workspace(), input.id)
      return null
    }),
  }
}
