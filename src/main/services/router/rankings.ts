import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { folderOfEmbedder } from '../embedders/look-at-embedders.ts'
import { describeMethods } from '../rankings/ranking-methods.ts'
import { listRankings, orderOfRanking, rankingInUse, removeRanking, startRanking } from '../rankings/rankings.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function rankingsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.rankings).use(handleFor(session))
  return {
    methods: host.methods.handler(() => describeMethods(session.workspace())),
    list: host.list.handler(() => listRankings(session.workspace())),
    make: host.make.handler(async ({ input: { use, embedderFolder, ...given } }) => {
      const params = { ...given, embedderFolder: folderOfEmbedder(session, embedderFolder) }
      return { job: await startRanking(session, use ? { ...params, takesPlaceOf: rankingInUse(session) } : params) }
    }),
    order: host.order.handler(({ input }) => orderOfRanking(session, input.id)),
    remove: host.remove.handler(async ({ input }) => {
      await removeRanking(session.workspace(), input.id)
      return null
    }),
  }
}
