import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { folderOfEmbedder } from '../embedders/look-at-embedders.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { bulkEdit, previewBulk } from '../review/bulk-edits.ts'
import { findByActivity } from '../review/find-by-activity.ts'
import { MeaningSearch } from '../review/find-by-meaning.ts'
import { compareReview, mergeReview } from '../review/merge-review.ts'
import { rankAgain } from '../review/rank-again.ts'
import { exportReview } from '../review/review-file.ts'
import { reviewQueue } from '../review/review-queue.ts'
import { noteNeuron, reviewedNeuron, skipNeuron } from '../review/reviewed-neuron.ts'
import { Sentences } from '../review/second-opinions.ts'
import { SimulatedEvidence } from '../review/simulated-evidence.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function reviewRouter(session: WorkbenchSession, tables: NeuronTables) {
  const host = implement(workbenchContract.review).use(handleFor(session))
  const sentences = new Sentences()
  const simulated = new SimulatedEvidence(session, tables)
  const meanings = new MeaningSearch(session, tables)
  const { grants } = session
  return {
    queue: host.queue.handler(({ input, signal }) => reviewQueue(session, tables, sentences, input, signalOf(signal))),
    neuron: host.neuron.handler(({ input }) => reviewedNeuron(tables, sentences, input.neuron)),
    simulations: host.simulations.handler(({ input, signal }) => simulated.of(input.neuron, signalOf(signal))),
    skip: host.skip.handler(async ({ input }) => {
      await skipNeuron(session, input.neuron, input.skip)
      return null
    }),
    note: host.note.handler(async ({ input }) => {
      await noteNeuron(session, input.neuron, input.text)
      return null
    }),
    preview: host.preview.handler(({ input }) => previewBulk(tables, input)),
    bulk: host.bulk.handler(({ input }) => bulkEdit(session, tables, input)),
    findByMeaning: host.findByMeaning.handler(({ input: { embedderFolder, ...wanted }, signal }) =>
      meanings.find({ ...wanted, folder: folderOfEmbedder(session, embedderFolder) }, signalOf(signal)),
    ),
    findByActivity: host.findByActivity.handler(({ input, signal }) =>
      findByActivity(session, tables, input, signalOf(signal)),
    ),
    rankAgain: host.rankAgain.handler(async () => ({ job: await rankAgain(session) })),
    export: host.export.handler(({ input }) => exportReview(session, tables, input)),
    compare: host.compare.handler(({ input }) => compareReview(session, tables, grants.pathOf(input.file))),
    merge: host.merge.handler(({ input: { file, ...request } }) =>
      mergeReview(session, tables, { path: grants.pathOf(file), ...request }),
    ),
  }
}
