import { useEffect, useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { Glance } from '../../../contract/workbench/rankings.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

/** Pause after the last move before the engine is asked. */
const pauseMilliseconds = 120

export interface PreviewText {
  readonly prompt: string
  readonly original: string
  readonly unlearned: string
}

/** What a cut does, on a small sample. While a new one is made, the last is still there and `k` says whose it is. */
export interface Preview {
  readonly k: number | null
  readonly working: boolean
  readonly measures: readonly Glance[]
  readonly texts: readonly PreviewText[]
  readonly seconds: number | null
  readonly failure: Failure | null
}

/** What is kept of the answers; `settled` is the request whose answer is complete. */
type Kept = Omit<Preview, 'working'> & { readonly settled: string | null }

const nothing: Kept = { k: null, settled: null, measures: [], texts: [], seconds: null, failure: null }

/** Follows a cut: asks when the moves pause, and gives up on an earlier cut as soon as a later one is there. */
export function usePreview(ranking: string | null, k: number, revision: number): Preview & { again: () => void } {
  const { client } = useRpc()
  const [preview, setPreview] = useState<Kept>(nothing)
  const [tries, setTries] = useState(0)
  const request = `${ranking} ${k} ${revision} ${tries}`
  useEffect(() => {
    if (ranking === null) return
    const leaving = new AbortController()
    const timer = window.setTimeout(() => void follow(), pauseMilliseconds)
    const update = (change: (held: Kept) => Kept) => {
      if (!leaving.signal.aborted) setPreview(change)
    }
    const follow = async () => {
      try {
        const plan = { kind: 'cut', ranking, k } as const
        const events = await client.compare.preview({ plan }, { signal: leaving.signal })
        let firstText = true
        for await (const event of events) {
          if (leaving.signal.aborted) return
          if (event.kind === 'measures') {
            update((held) => ({ ...held, k, measures: event.measures, failure: null }))
          } else if (event.kind === 'text') {
            // The texts of the last cut stay until there is one to put in their place.
            const start = firstText
            firstText = false
            const { prompt, original, unlearned } = event
            update((held) => ({
              ...held,
              k,
              texts: putText(start ? [] : held.texts, { prompt, original, unlearned }),
              failure: null,
            }))
          } else {
            update((held) => ({ ...held, k, settled: request, seconds: event.seconds, failure: null }))
          }
        }
        update((held) => ({ ...held, settled: request }))
      } catch (error) {
        const failure = failureOf(error)
        update((held) => ({ ...held, settled: request, failure: failure.kind === 'cancelled' ? null : failure }))
      }
    }
    return () => {
      window.clearTimeout(timer)
      leaving.abort()
    }
  }, [client, ranking, k, request])
  return {
    ...preview,
    working: ranking !== null && preview.settled !== request,
    again: () => setTries((count) => count + 1),
  }
}

/** A prompt's texts grow as they are written: a later event of the same prompt replaces the earlier. */
function putText(texts: readonly PreviewText[], next: PreviewText): PreviewText[] {
  const at = texts.findIndex((text) => text.prompt === next.prompt)
  return at === -1 ? [...texts, next] : texts.with(at, next)
}
