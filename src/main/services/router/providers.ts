import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function providersRouter(session: WorkbenchSession) {
  const { languageModels } = session
  const host = implement(workbenchContract.providers).use(handleFor(session))
  return {
    list: host.list.handler(() => languageModels.list()),
    save: host.save.handler(({ input }) => languageModels.save(input)),
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
