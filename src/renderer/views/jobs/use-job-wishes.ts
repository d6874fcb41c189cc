import { useState } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { Job } from '../../../contract/workbench/jobs.ts'
import { useSay } from '../../app/status.ts'
import { isActive } from '../../app/use-workbench.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'

export type Wish = 'cancel' | 'resume' | 'dismiss'

/** What a person asked of jobs and has not happened yet, and what was refused. */
export interface JobWishes {
  readonly pending: (job: Job) => Wish | null
  readonly refused: (job: Job) => Failure | null
  readonly ask: (job: Job, wish: Wish) => Promise<void>
}

/** A wish shows in the same frame, and stays until the job's state has answered it. */
export function useJobWishes(jobs: readonly Job[] | undefined): JobWishes {
  const { client } = useRpc()
  const say = useSay()
  const [wishes, setWishes] = useState<ReadonlyMap<string, Wish>>(new Map())
  const [refusals, setRefusals] = useState<ReadonlyMap<string, Failure>>(new Map())

  const set = (id: string, wish: Wish | null) => setWishes((map) => withEntry(map, id, wish))
  const ask = async (job: Job, wish: Wish) => {
    set(job.id, wish)
    setRefusals((map) => withEntry(map, job.id, null))
    if (wish === 'cancel') say(`Cancelling: ${job.title}. It ends at its next batch.`)
    try {
      await client.jobs[wish]({ id: job.id })
      if (wish === 'resume') say(`Resumed: ${job.title}.`)
      if (wish !== 'cancel') set(job.id, null)
    } catch (error) {
      set(job.id, null)
      setRefusals((map) => withEntry(map, job.id, failureOf(error)))
    }
  }
  const pending = (job: Job): Wish | null => {
    const wish = wishes.get(job.id) ?? null
    // A cancelled job that has ended answers the wish.
    return wish === 'cancel' && !isActive(jobs?.find(({ id }) => id === job.id) ?? job) ? null : wish
  }
  return { pending, refused: (job) => refusals.get(job.id) ?? null, ask }
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V | null): ReadonlyMap<string, V> {
  const next = new Map(map)
  if (value === null) next.delete(key)
  else next.set(key, value)
  return next
}
