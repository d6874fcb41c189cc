import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { WorkspaceModel } from '../models/workspace-model.ts'
import { continuePrompt, tokensOf } from '../models/workspace-text.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function modelRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.model).use(handleFor(session))
  const model = new WorkspaceModel(session)
  return {
    inspect: host.inspect.handler(({ input, signal }) => model.inspect(input, signalOf(signal))),
    use: host.use.handler(({ input, signal }) => model.use(input, signalOf(signal))),
    current: host.current.handler(() => model.current()),
    recent: host.recent.handler(() => session.recentModels.list()),
    forgetRecent: host.forgetRecent.handler(({ input }) => {
      session.recentModels.forget(input.id)
      session.events.changed('model')
      return null
    }),
    unload: host.unload.handler(async () => {
      await model.unload()
      return null
    }),
    tokens: host.tokens.handler(({ input, signal }) => tokensOf(session, input.text, signalOf(signal))),
    generate: host.generate.handler(async function* ({ input, signal }) {
      yield* continuePrompt(session, input, signal)
    }),
  }
}
