import type { WorkbenchSession } from '../session/session.ts'
import { appRouter } from './app.ts'
import { compareRouter } from './compare.ts'
import { datasetsRouter } from './datasets.ts'
import { recordingsRouter } from './recordings.ts'
import { eventsRouter } from './events.ts'
import { exchangeRouter } from './exchange.ts'
import { exportsRouter } from './exports.ts'
import { filesRouter } from './files.ts'
import { forgetConceptsRouter } from './forget-concepts.ts'
import { jobsRouter } from './jobs.ts'
import { ledgerRouter } from './ledger.ts'
import { modelRouter } from './model.ts'
import { neuronsRouter } from './neurons.ts'
import { plansRouter } from './plans.ts'
import { providersRouter } from './providers.ts'
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
    datasets: datasetsRouter(session),
    recordings: recordingsRouter(session),
    neurons: neuronsRouter(session),
    forgetConcepts: forgetConceptsRouter(session),
    rankings: rankingsRouter(session),
    plans: plansRouter(session),
    runs: runsRouter(session),
    sweeps: sweepsRouter(session),
    compare: compareRouter(session),
    exports: exportsRouter(session),
    exchange: exchangeRouter(session),
    providers: providersRouter(session),
    ledger: ledgerRouter(session),
  }
}
export type WorkbenchRouter = ReturnType<typeof createWorkbenchRouter>
