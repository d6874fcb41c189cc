import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { estimateEmbedding, lastSentenceModel, lookAtSentenceModel } from '../embedders/look-at-embedders.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function embeddersRouter(session: WorkbenchSession, tables: NeuronTables) {
  const host = implement(workbenchContract.embedders).use(handleFor(session))
  return {
    lastSentenceModel: host.lastSentenceModel.handler(() => lastSentenceModel(session)),
    sentenceModel: host.sentenceModel.handler(({ input, signal }) =>
      lookAtSentenceModel(session, input.folder, signalOf(signal)),
    ),
    estimate: host.estimate.handler(({ input, signal }) => estimateEmbedding(session, tables, input, signalOf(signal))),
  }
}
