import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

/** Pause after the last move before the cut is kept: held arrow keys make one step of it. */
const settleMilliseconds = 200

export interface Cut {
  readonly ranking: string
  readonly k: number
}

/**
 * The cut that all views share, shown before it is kept. `move` shows a cut at once; `commit` keeps it for the workspace
 * when the moves have come to rest.
 */
export function useCut(): {
  cut: Cut | null
  move: (cut: Cut) => void
  commit: (cut: Cut) => void
  failure: Failure | null
  retry: () => void
} {
  const { client } = useRpc()
  const kept = useWorkspace().data?.cut ?? null
  const [shown, setShown] = useState<Cut | null>(kept)
  const [failure, setFailure] = useState<Failure | null>(null)
  const waiting = useRef<{ cut: Cut; timer: number } | null>(null)
  const underWay = useRef(0)
  const moving = useRef(false)

  // A cut from elsewhere (undo, another view) is shown, unless this view's own is still on its way.
  const keptKey = kept === null ? '' : `${kept.ranking} ${kept.k}`
  useEffect(() => {
    if (!moving.current && waiting.current === null && underWay.current === 0) setShown(kept)
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [keptKey])

  const keep = useCallback(
    async (cut: Cut) => {
      underWay.current += 1
      try {
        await client.workspace.setCut(cut)
        setFailure(null)
      } catch (error) {
        setFailure(failureOf(error))
      } finally {
        underWay.current -= 1
      }
    },
    [client],
  )

  const move = useCallback((cut: Cut) => {
    moving.current = true
    setShown(cut)
  }, [])
  const commit = useCallback(
    (cut: Cut) => {
      moving.current = false
      setShown(cut)
      if (waiting.current) window.clearTimeout(waiting.current.timer)
      const timer = window.setTimeout(() => {
        waiting.current = null
        void keep(cut)
      }, settleMilliseconds)
      waiting.current = { cut, timer }
    },
    [keep],
  )
  // Leaving the view keeps what was chosen last.
  useEffect(
    () => () => {
      if (!waiting.current) return
      window.clearTimeout(waiting.current.timer)
      void keep(waiting.current.cut)
      waiting.current = null
    },
    [keep],
  )
  const retry = () => {
    if (shown) void keep(shown)
  }
  return { cut: shown, move, commit, failure, retry }
}
