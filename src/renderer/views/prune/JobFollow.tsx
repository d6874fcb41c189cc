import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Job, JobKind } from '../../../contract/workbench/jobs.ts'
import { isActive, useJobs } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { notifyFailure } from '../../app/notify.ts'
import styles from './prune.module.css'

/** The newest job of a kind that a view should tell about: one that goes on, or that ended badly. */
export function useJobOf(kind: JobKind): Job | null {
  const jobs = useJobs().data ?? []
  const newest = jobs.find((job) => job.kind === kind)
  if (!newest) return null
  const worthTelling = isActive(newest) || newest.state === 'failed' || newest.state === 'interrupted'
  return worthTelling ? newest : null
}

/** Progress of a view's own kind of job, with Stop; after a failure what is wrong, and a way to go on. */
export function JobFollow({ kind }: { kind: JobKind }) {
  const { client } = useRpc()
  const job = useJobOf(kind)
  const [stopping, setStopping] = useState<string | null>(null)
  if (!job) return null
  const act = async (work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  if (isActive(job)) {
    const { progress } = job
    const spent = progress?.note === undefined ? '' : `, ${progress.note}`
    const stage = job.state === 'queued' ? 'waiting for other work' : progress && `${progress.stage}${spent}`
    return (
      <div className={styles.job}>
        <ProgressLine
          label={stage === undefined || stage === '' ? job.title : `${job.title}: ${stage}`}
          {...(progress ? { done: progress.done, total: progress.total, unit: progress.unit } : {})}
          secondsLeft={job.secondsLeft}
        />
        <Button
          variant="default"
          disabled={stopping === job.id}
          onClick={() => {
            setStopping(job.id)
            void act(() => client.jobs.cancel({ id: job.id }))
          }}
        >
          {stopping === job.id ? 'Stopping' : 'Stop'}
        </Button>
      </div>
    )
  }
  const failure = job.failure ?? {
    message: `${job.title}: the work was interrupted`,
    remedy: 'It goes on where it stopped.',
  }
  return (
    <FailureNote
      failure={failure}
      onRetry={job.resumable ? () => act(() => client.jobs.resume({ id: job.id })) : undefined}
      retryLabel={job.state === 'interrupted' ? 'Go on' : 'Try again'}
      onDismiss={() => act(() => client.jobs.dismiss({ id: job.id }))}
    />
  )
}
