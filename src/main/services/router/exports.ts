import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { estimateExport, forgetExport, listExports, startExport } from '../exports/export-job.ts'
import { writeWorkspaceReport } from '../reports/write-report.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { handleFor } from './failures.ts'

export function exportsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.exports).use(handleFor(session))
  return {
    list: host.list.handler(() => listExports(session.workspace())),
    estimate: host.estimate.handler(({ input, signal }) => estimateExport(session, input, quietTask(signal))),
    start: host.start.handler(async ({ input }) => ({ job: await startExport(session, input) })),
    report: host.report.handler(({ input }) => writeWorkspaceReport(session.workspace(), input.name)),
    forget: host.forget.handler(async ({ input }) => {
      await forgetExport(session.workspace(), input.id)
      return null
    }),
  }
}
