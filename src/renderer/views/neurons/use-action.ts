import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import { failureOf } from '../../rpc/failures.ts'

export interface Action {
  readonly busy: boolean
  readonly failure: Failure | null
  /** Does something; its failure is kept until the next try. True when it went well. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>
  /** The last work again. */
  readonly retry: () => Promise<boolean>
  readonly clear: () => void
}

/** Something that a person sets going: whether it runs, and how it failed. The form around it stays as it is. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const last = useRef<() => Promise<unknown>>(async () => null)
  const mounted = useRef(true)
  useEffect(() => {
    mounted.current = true
    return () => {
      mounted.current = false
    }
  }, [])

  const run = useCallback(async (work: () => Promise<unknown>) => {
    last.current = work
    setBusy(true)
    setFailure(null)
    try {
      await work()
      return true
    } catch (error) {
      const found = failureOf(error)
      if (mounted.current && found.kind !== 'cancelled') setFailure(found)
      return false
    } finally {
      if (mounted.current) setBusy(false)
    }
  }, [])
  const retry = useCallback(() => run(last.current), [run])
  const clear = useCallback(() => setFailure(null), [])
  return { busy, failure, run, retry, clear }
}
