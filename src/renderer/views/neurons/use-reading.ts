import { useCallback, useRef, useState } from 'react'

/** What is shorter than this needs no bar. */
const longMs = 300

/** How far a file is read. */
export interface ReadingProgress {
  readonly kind: 'progress'
  readonly stage: string
  readonly done: number
  readonly total: number
  readonly unit: string
}

type ReadingEvent<Value> = ReadingProgress | { readonly kind: 'done'; readonly value: Value }

export interface Reading {
  /** True once it takes longer than a moment. */
  readonly isLong: boolean
  /** Null before the first news. */
  readonly progress: ReadingProgress | null
  /** Follows a stream to its end and gives what came of it. Rejects with an `AbortError` as soon as it is cancelled. */
  readonly read: <Value>(start: (signal: AbortSignal) => Promise<AsyncIterable<ReadingEvent<Value>>>) => Promise<Value>
  readonly cancel: () => void
}

/** Something that reads a file for a while: how far it is, and a way to leave it. */
export function useReading(): Reading {
  const [progress, setProgress] = useState<ReadingProgress | null>(null)
  const [isLong, setLong] = useState(false)
  const leaving = useRef<AbortController | null>(null)

  const read: Reading['read'] = useCallback(async (start) => {
    const controller = new AbortController()
    const { signal } = controller
    leaving.current = controller
    const timer = window.setTimeout(() => setLong(true), longMs)
    const follow = async () => {
      for await (const event of await start(signal)) {
        if (signal.aborted) break
        if (event.kind === 'done') return event.value
        setProgress(event)
      }
      throw signal.reason ?? new Error('The stream ended without a result')
    }
    // Whoever cancels does not wait until the other side has noticed.
    const left = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    try {
      return await Promise.race([follow(), left])
    } finally {
      window.clearTimeout(timer)
      if (leaving.current === controller) {
        leaving.current = null
        setProgress(null)
        setLong(false)
      }
    }
  }, [])
  const cancel = useCallback(() => leaving.current?.abort(), [])
  return { isLong, progress, read, cancel }
}
