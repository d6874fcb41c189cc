import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function ledgerRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.ledger).use(handleFor(session))
  return {
    list: host.list.handler(({ input }) => session.languageModels.ledger(input.limit)),
    export: host.export.handler(({ input }) => session.languageModels.exportLedger(input.format)),
  }
}
