import type { WorkbenchSession } from '../session/session.ts'
import { appRouter } from './app.ts'
import { eventsRouter } from './events.ts'
import { filesRouter } from './files.ts'
import { forgetConceptsRouter } from './forget-concepts.ts'
import { jobsRouter } from './jobs.ts'
import { modelRouter } from './model.ts'
import { plansRouter } from './plans.ts'
import { rankingsRouter } from './rankings.ts'
import { runsRouter } from './runs.ts'
import { sweepsRouter } from './sweeps.ts'
import { workspaceRouter } from './workspace.ts'

/** Implements the workbench's contract over a session, for every door. One line for each noun. */
export function createWorkbenchRouter(session: WorkbenchSession) {
  return {
    app: appRouter(session),
    files: filesRouter(session),
    workspace: workspaceRouter(session),
    events: eventsRouter(session),
    jobs: jobsRouter(session),
    model: modelRouter(session),
    forgetConcepts: forgetConceptsRouter(session),
    rankings: rankingsRouter(session),
    plans: plansRouter(session),
    runs: runsRouter(session),
    sweeps: sweepsRouter(session),
  }
}
export type WorkbenchRouter = ReturnType<typeof createWorkbenchRouter>
