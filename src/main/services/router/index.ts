import { NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { answersRouter } from './answers.ts'
import { appRouter } from './app.ts'
import { compareRouter } from './compare.ts'
import { datasetsRouter } from './datasets.ts'
import { recordingsRouter } from './recordings.ts'
import { embeddersRouter } from './embedders.ts'
import { eventsRouter } from './events.ts'
import { exchangeRouter } from './exchange.ts'
import { exportsRouter } from './exports.ts'
import { explainingRouter } from './explaining.ts'
import { filesRouter } from './files.ts'
import { forgetConceptsRouter } from './forget-concepts.ts'
import { jobsRouter } from './jobs.ts'
import { ledgerRouter } from './ledger.ts'
import { modelRouter } from './model.ts'
import { neuronsRouter } from './neurons.ts'
import { plansRouter } from './plans.ts'
import { protectedConceptsRouter } from './protected-concepts.ts'
import { providersRouter } from './providers.ts'
import { rankingsRouter } from './rankings.ts'
import { reviewRouter } from './review.ts'
import { runsRouter } from './runs.ts'
import { sweepsRouter } from './sweeps.ts'
import { workspaceRouter } from './workspace.ts'

/** Implements the workbench's contract over a session, for every door. One line for each noun. */
export function createWorkbenchRouter(session: WorkbenchSession) {
  // One for all: it holds every sentence of a workspace.
  const tables = new NeuronTables(session)
  return {
    app: appRouter(session),
    files: filesRouter(session),
    workspace: workspaceRouter(session),
    events: eventsRouter(session),
    jobs: jobsRouter(session),
    model: modelRouter(session),
    datasets: datasetsRouter(session),
    recordings: recordingsRouter(session),
    neurons: neuronsRouter(session, tables),
    review: reviewRouter(session, tables),
    explaining: explainingRouter(session),
    forgetConcepts: forgetConceptsRouter(session),
    protectedConcepts: protectedConceptsRouter(session),
    embedders: embeddersRouter(session, tables),
    rankings: rankingsRouter(session),
    plans: plansRouter(session),
    runs: runsRouter(session),
    sweeps: sweepsRouter(session),
    compare: compareRouter(session),
    exports: exportsRouter(session),
    exchange: exchangeRouter(session, tables),
    providers: providersRouter(session),
    ledger: ledgerRouter(session),
    answers: answersRouter(session),
  }
}
export type WorkbenchRouter = ReturnType<typeof createWorkbenchRouter>
