import { implement } from '@orpc/server'
import { SnipError } from '../../../contract/failure.ts'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { turnEdit } from '../workspace/turn-edit.ts'
import { handleFor } from './failures.ts'

export function workspaceRouter(session: WorkbenchSession) {
  const { workspaces, grants } = session
  const host = implement(workbenchContract.workspace).use(handleFor(session))
  return {
    current: host.current.handler(() => workspaces.state()),
    recent: host.recent.handler(() => workspaces.recent()),
    forgetRecent: host.forgetRecent.handler(({ input }) => {
      workspaces.forgetRecent(input.id)
      return null
    }),
    create: host.create.handler(({ input }) => workspaces.create(grants.pathOf(input.parent), input.name)),
    open: host.open.handler(({ input }) => workspaces.open(grants.pathOf(input.folder))),
    openDemo: host.openDemo.handler(({ input }) => workspaces.openDemo(input.fresh)),
    close: host.close.handler(async () => {
      await workspaces.close()
      return null
    }),
    rename: host.rename.handler(({ input }) => workspaces.rename(input.name)),
    undo: host.undo.handler(() => turnEdit(session.workspace(), 'undo')),
    redo: host.redo.handler(() => turnEdit(session.workspace(), 'redo')),
    setCut: host.setCut.handler(async ({ input }) => {
      const { store } = session.workspace()
      if (input !== null && store.get('ranking', input.ranking) === null) {
        throw new SnipError('not-found', 'That ranking is no longer there', { remedy: 'Choose another one.' })
      }
      await store.put([{ kind: 'cut', key: 'cut', after: input }])
      return null
    }),
  }
}
