import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function jobsRouter(session: WorkbenchSession) {
  const { jobs } = session
  const host = implement(workbenchContract.jobs).use(handleFor(session))
  return {
    list: host.list.handler(() => jobs.list()),
    cancel: host.cancel.handler(({ input }) => {
      jobs.cancel(input.id)
      return null
    }),
    resume: host.resume.handler(async ({ input }) => ({ job: await jobs.resume(input.id) })),
    dismiss: host.dismiss.handler(({ input }) => {
      jobs.dismiss(input.id)
      return null
    }),
    log: host.log.handler(({ input }) => ({ lines: jobs.log(input.id) })),
  }
}
