import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { startMeasure } from '../runs/measure-job.ts'
import { examplesOfRun, listRuns, removeRun } from '../runs/runs.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { quietTask } from '../task.ts'
import { handleFor } from './failures.ts'

export function runsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.runs).use(handleFor(session))
  return {
    list: host.list.handler(() => listRuns(session.workspace())),
    measure: host.measure.handler(async ({ input }) => ({ job: await startMeasure(session, input) })),
    examples: host.examples.handler(({ input, signal }) => examplesOfRun(session, input, quietTask(signal))),
    remove: host.remove.handler(async ({ input }) => {
      await removeRun(session.workspace(), input.id)
      return null
    }),
  }
}
