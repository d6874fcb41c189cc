import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import {
  addForgetConcept,
  changeForgetConcept,
  listForgetConcepts,
  mergeForgetConcepts,
  removeForgetConcepts,
} from '../forget-concepts/forget-concept-list.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

const kind = 'protected-concept'

export function protectedConceptsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.protectedConcepts).use(handleFor(session))
  return {
    list: host.list.handler(() => listForgetConcepts(session.workspace(), kind)),
    add: host.add.handler(({ input }) => addForgetConcept(session, input.text, input.weight, kind)),
    change: host.change.handler(({ input: { id, ...changes } }) => changeForgetConcept(session, id, changes, kind)),
    merge: host.merge.handler(({ input }) => mergeForgetConcepts(session, input.ids, input.text, kind)),
    remove: host.remove.handler(async ({ input }) => {
      await removeForgetConcepts(session, input.ids, kind)
      return null
    }),
  }
}
