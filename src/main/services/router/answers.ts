import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function answersRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.answers).use(handleFor(session))
  return {
    kept: host.kept.handler(() => session.languageModels.answers()),
    clear: host.clear.handler(() => session.languageModels.clearAnswers()),
    limit: host.limit.handler(({ input }) => session.languageModels.limitAnswers(input.limitBytes)),
  }
}
