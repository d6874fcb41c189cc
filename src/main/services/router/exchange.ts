import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { exportTable } from '../exchange/export-tables.ts'
import { importConcepts, lookAtConcepts } from '../exchange/import-concepts.ts'
import { importPlan } from '../exchange/import-plan.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function exchangeRouter(session: WorkbenchSession, tables: NeuronTables) {
  const host = implement(workbenchContract.exchange).use(handleFor(session))
  const { grants } = session
  return {
    look: host.look.handler(({ input }) => lookAtConcepts(tables, grants.pathOf(input.file))),
    importConcepts: host.importConcepts.handler(({ input }) =>
      importConcepts(session, tables, grants.pathOf(input.file)),
    ),
    importPlan: host.importPlan.handler(({ input }) => importPlan(session, grants.pathOf(input.file), input.name)),
    write: host.write.handler(({ input }) => exportTable(session, tables, input.table, input.format, input.ranking)),
  }
}
