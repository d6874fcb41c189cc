import { answersContract } from './answers.ts'
import { appContract } from './app.ts'
import { datasetsContract } from './datasets.ts'
import { embeddersContract } from './embedders.ts'
import { eventsContract } from './events.ts'
import { exchangeContract } from './exchange.ts'
import { exportsContract } from './exports.ts'
import { filesContract } from './files.ts'
import { explainingContract } from './explaining.ts'
import { forgetConceptsContract, protectedConceptsContract } from './forget-concepts.ts'
import { jobsContract } from './jobs.ts'
import { ledgerContract } from './ledger.ts'
import { modelContract } from './model.ts'
import { neuronsContract } from './neurons.ts'
import { plansContract, rankingsContract } from './rankings.ts'
import { providersContract } from './providers.ts'
import { recordingsContract } from './recordings.ts'
import { reviewContract } from './review.ts'
import { compareContract, runsContract, sweepsContract } from './runs.ts'
import { workspaceContract } from './workspace.ts'

/** What the workbench does, for every door: Electron, browser and command line reach the same services through it. */
export const workbenchContract = {
  app: appContract,
  files: filesContract,
  workspace: workspaceContract,
  events: eventsContract,
  jobs: jobsContract,
  model: modelContract,
  datasets: datasetsContract,
  recordings: recordingsContract,
  neurons: neuronsContract,
  review: reviewContract,
  explaining: explainingContract,
  forgetConcepts: forgetConceptsContract,
  protectedConcepts: protectedConceptsContract,
  embedders: embeddersContract,
  rankings: rankingsContract,
  plans: plansContract,
  runs: runsContract,
  sweeps: sweepsContract,
  compare: compareContract,
  exports: exportsContract,
  exchange: exchangeContract,
  providers: providersContract,
  ledger: ledgerContract,
  answers: answersContract,
}
export type WorkbenchContract = typeof workbenchContract
