import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { exportTable } from '../exchange/export-tables.ts'
import { importConcepts, lookAtConcepts } from '../exchange/import-concepts.ts'
import { importPlan } from '../exchange/import-plan.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { withProgress } from '../progress-stream.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function exchangeRouter(session: WorkbenchSession, tables: NeuronTables) {
  const host = implement(workbenchContract.exchange).use(handleFor(session))
  const { grants } = session
  return {
    look: host.look.handler(async function* ({ input, signal }) {
      const path = grants.pathOf(input.file)
      yield* withProgress(signal, (task) => lookAtConcepts(tables, path, task))
    }),
    importConcepts: host.importConcepts.handler(async function* ({ input, signal }) {
      const path = grants.pathOf(input.file)
      yield* withProgress(signal, (task) => importConcepts(session, tables, path, task))
    }),
    importPlan: host.importPlan.handler(({ input }) => importPlan(session, grants.pathOf(input.file), input.name)),
    write: host.write.handler(({ input }) => exportTable(session, tables, input.table, input.format, input.ranking)),
  }
}
