import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { WorkspaceDatasets } from '../datasets/workspace-datasets.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function datasetsRouter(session: WorkbenchSession) {
  const host = implement(workbenchContract.datasets).use(handleFor(session))
  const datasets = new WorkspaceDatasets(session)
  return {
    list: host.list.handler(() => datasets.list()),
    preview: host.preview.handler(({ input }) => datasets.preview(input.file, input.mapping)),
    import: host.import.handler(({ input }) => datasets.import(input)),
    change: host.change.handler(({ input }) => datasets.change(input)),
    remove: host.remove.handler(async ({ input }) => {
      await datasets.remove(input.id)
      return null
    }),
    show: host.show.handler(({ input }) => datasets.show(input.id)),
    documents: host.documents.handler(({ input }) => datasets.documents(input.id, input.offset, input.limit)),
    countTokens: host.countTokens.handler(({ input, signal }) => datasets.countTokens(input.id, signalOf(signal))),
  }
}
