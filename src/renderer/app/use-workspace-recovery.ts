import { useQueryClient, type Query } from '@tanstack/react-query'
import { useEffect } from 'react'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'

/** How often a folder that is gone is looked for, in milliseconds. */
const lookEvery = 3000

/**
 * While the view says that the workspace folder is gone, looks for it again every few seconds and when the window comes to the
 * front; once it is back, what failed is asked for again.
 */
export function useWorkspaceRecovery(): void {
  const { orpc } = useRpc()
  const queries = useQueryClient()
  useEffect(() => {
    const current = orpc.workspace.current.queryKey()
    const lost = (query: Query) => query.state.status === 'error' && isFolderGone(query.state.error)
    let isLooking = false
    const look = async () => {
      if (isLooking || queries.getQueryCache().findAll({ type: 'active', predicate: lost }).length === 0) return
      isLooking = true
      try {
        await queries.refetchQueries({ queryKey: current })
        if (queries.getQueryState(current)?.status !== 'error') {
          await queries.refetchQueries({ type: 'active', predicate: lost })
        }
      } finally {
        isLooking = false
      }
    }
    const now = () => void look()
    const timer = window.setInterval(now, lookEvery)
    // What fails first is seldom the workspace itself: the frame learns of it at once.
    const stop = queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error' && lost(event.query)) now()
    })
    window.addEventListener('focus', now)
    document.addEventListener('visibilitychange', now)
    return () => {
      window.clearInterval(timer)
      stop()
      window.removeEventListener('focus', now)
      document.removeEventListener('visibilitychange', now)
    }
  }, [orpc, queries])
}

function isFolderGone(error: unknown): boolean {
  const { kind, message } = failureOf(error)
  return kind === 'not-found' && /^The workspace folder .* is gone/.test(message)
}
