import { implement } from '@orpc/server'
import { SnipError } from '../../../contract/failure.ts'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { admitLocalModel, isLocalModel } from '../language-models/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function providersRouter(session: WorkbenchSession) {
  const { languageModels } = session
  const host = implement(workbenchContract.providers).use(handleFor(session))
  return {
    list: host.list.handler(() => languageModels.list()),
    save: host.save.handler(({ input }) => {
      // A page names no files: models that run here come by a grant, and keep their place.
      if (isLocalModel(input) && (input.id === null || languageModels.provider(input.id).baseUrl !== input.baseUrl)) {
        throw new SnipError('bad-argument', 'A file is no address of a server', {
          remedy: 'Choose the folder instead.',
        })
      }
      return languageModels.save(input)
    }),
    addLocalModel: host.addLocalModel.handler(({ input: { source, name }, signal }) => {
      const path = session.grants.pathOf(source)
      return admitLocalModel(session.workbench.models, languageModels, { path, name }, signalOf(signal))
    }),
    remove: host.remove.handler(async ({ input }) => {
      await languageModels.remove(input.id)
      return null
    }),
    setKey: host.setKey.handler(({ input }) => languageModels.setKey(input.id, input.key)),
    removeKey: host.removeKey.handler(({ input }) => languageModels.removeKey(input.id)),
    test: host.test.handler(({ input, signal }) => languageModels.test(input.id, signal)),
    prices: host.prices.handler(() => [...languageModels.prices()]),
    setPrice: host.setPrice.handler(({ input }) => [...languageModels.setPrice(input)]),
    removePrice: host.removePrice.handler(({ input }) => [...languageModels.removePrice(input.model)]),
  }
}
