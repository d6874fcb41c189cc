import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

const types = { csv: 'text/csv', jsonl: 'application/jsonl' } as const

export function ledgerRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.ledger).use(handleFor(session))
  return {
    list: host.list.handler(({ input }) => session.languageModels.ledger(input.limit)),
    export: host.export.handler(async ({ input }) => {
      const { name, text } = await session.languageModels.exportLedger(input.format)
      return { name, file: new Blob([text], { type: types[input.format] }) }
    }),
  }
}
