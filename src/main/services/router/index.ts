import type { WorkbenchSession } from '../session/session.ts'
import { eventsRouter } from './events.ts'
import { jobsRouter } from './jobs.ts'

/** Implements the workbench's contract over a session, for every door. */
export function createWorkbenchRouter(session: WorkbenchSession) {
  return {
    events: eventsRouter(session),
    jobs: jobsRouter(session),
  }
}
export type WorkbenchRouter = ReturnType<typeof createWorkbenchRouter>
