import { useCallback, useEffect, useRef, useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

export interface GenerationSettings {
  readonly maxNewTokens: number
  readonly temperature: number
  readonly seed: number
}

/** Both continuations of one prompt, as far as they are written. */
export interface Generation {
  readonly original: string
  readonly unlearned: string
  readonly state: 'waiting' | 'writing' | 'done' | 'stopped' | 'failed'
  readonly failure: Failure | null
  /** What it was made with: plan and settings. */
  readonly madeWith: string
}

/**
 * Continuations by prompt. `generate` works through prompts one after the other with the same settings and seed; tokens are
 * shown once a frame, however fast they come.
 */
export function useGenerations(): {
  of: (prompt: string) => Generation | null
  busy: boolean
  done: number
  total: number
  generate: (
    prompts: readonly { id: string; text: string }[],
    plan: PlanChoice,
    settings: GenerationSettings,
    madeWith: string,
  ) => void
  stop: () => void
} {
  const { client } = useRpc()
  const [held, setHeld] = useState<ReadonlyMap<string, Generation>>(new Map())
  const [work, setWork] = useState<{ done: number; total: number } | null>(null)
  const leaving = useRef<AbortController | null>(null)
  useEffect(() => () => leaving.current?.abort(), [])

  const put = useCallback((id: string, generation: Generation) => {
    setHeld((before) => new Map(before).set(id, generation))
  }, [])

  const one = useCallback(
    async (
      prompt: { id: string; text: string },
      plan: PlanChoice,
      settings: GenerationSettings,
      madeWith: string,
      signal: AbortSignal,
    ) => {
      const sides = { original: '', unlearned: '' }
      let frame = 0
      const show = (state: Generation['state'], failure: Failure | null = null) => {
        window.cancelAnimationFrame(frame)
        frame = 0
        put(prompt.id, { ...sides, state, failure, madeWith })
      }
      show('writing')
      try {
        const events = await client.compare.generate({ prompt: prompt.text, settings, plan }, { signal })
        for await (const event of events) {
          if (signal.aborted) break
          if (event.kind === 'token') {
            sides[event.side] += event.text
            if (frame === 0) frame = window.requestAnimationFrame(() => show('writing'))
          } else {
            sides.original = event.original
            sides.unlearned = event.unlearned
          }
        }
        show(signal.aborted ? 'stopped' : 'done')
      } catch (error) {
        const failure = failureOf(error)
        const stopped = signal.aborted || failure.kind === 'cancelled'
        show(stopped ? 'stopped' : 'failed', stopped ? null : failure)
      }
    },
    [client, put],
  )

  const generate = useCallback(
    (
      prompts: readonly { id: string; text: string }[],
      plan: PlanChoice,
      settings: GenerationSettings,
      madeWith: string,
    ) => {
      leaving.current?.abort()
      const leave = new AbortController()
      leaving.current = leave
      const all = async () => {
        setWork({ done: 0, total: prompts.length })
        for (const [index, prompt] of prompts.entries()) {
          if (leave.signal.aborted) break
          await one(prompt, plan, settings, madeWith, leave.signal)
          if (leaving.current === leave) setWork({ done: index + 1, total: prompts.length })
        }
        if (leaving.current === leave) setWork(null)
      }
      void all()
    },
    [one],
  )
  const stop = useCallback(() => {
    leaving.current?.abort()
    setWork(null)
  }, [])
  return {
    of: (prompt) => held.get(prompt) ?? null,
    busy: work !== null,
    done: work?.done ?? 0,
    total: work?.total ?? 0,
    generate,
    stop,
  }
}
