import { useQuery } from '@tanstack/react-query'
import { use } from 'react'
import type { RecentModel } from '../../contract/workbench/model.ts'
import type { RecentEntry } from '../components/RecentEntries.tsx'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { HandoverContext } from './handover.ts'
import { notifyFailure } from './notify.ts'
import { navigate } from './route.ts'
import { useWorkspace } from './use-workbench.ts'

export interface RecentModelEntry extends RecentEntry {
  readonly model: RecentModel
}

/** Models that were in use before, newest first: open one again, or take one off the list. Empty until they are known. */
export function useRecentModels(): {
  entries: readonly RecentModelEntry[]
  open: (entry: RecentModelEntry) => void
  forget: (entry: RecentModelEntry) => void
} {
  const { client, orpc } = useRpc()
  const workspace = useWorkspace()
  const handover = use(HandoverContext)
  const { data } = useQuery(orpc.model.recent.queryOptions())
  const entries = (data ?? []).map((model): RecentModelEntry => {
    const { id, name, family, path, openedAt, grant } = model
    return { id, name, kind: family, path, openedAt, exists: grant !== null, model }
  })
  return {
    entries,
    open({ model: { grant, tokenizer } }) {
      if (grant === null) return
      // A model belongs to a workspace: without one, the start makes a new one around it.
      handover.give(workspace.data ? 'model' : 'model-without-workspace', grant, tokenizer)
      navigate(workspace.data ? 'model' : 'start')
    },
    forget({ id }) {
      client.model.forgetRecent({ id }).catch((error: unknown) => notifyFailure(failureOf(error)))
    },
  }
}
