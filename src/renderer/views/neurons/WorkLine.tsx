import { Button } from '@mantine/core'
import type { Job } from '../../../contract/workbench/jobs.ts'
import { isActive, useJobs } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

/** What it does and what it has cost so far. */
function labelOf({ state, title, progress }: Job): string {
  if (state === 'queued') return `Waiting: ${title}`
  return progress?.note === undefined ? title : `${title}: ${progress.note}`
}

/** Recording or explaining while it runs, and what became of the last one when it did not end well. */
export function WorkLine({ onForm }: { onForm?: (kind: 'record' | 'explain') => void }) {
  const { client } = useRpc()
  const jobs = (useJobs().data ?? []).filter((job) => ['record', 'explain', 'explain-llm'].includes(job.kind))
  const action = useAction()
  const running = jobs.filter(isActive)
  const last = jobs[0]
  return (
    <>
      {running.map((job) => (
        <div key={job.id} className={styles.work}>
          <ProgressLine
            label={labelOf(job)}
            {...(job.progress ? { done: job.progress.done, total: job.progress.total, unit: job.progress.unit } : {})}
            secondsLeft={job.secondsLeft}
          />
          <Button variant="default" onClick={() => void action.run(() => client.jobs.cancel({ id: job.id }))}>
            Cancel
          </Button>
        </div>
      ))}
      {last && last.failure && !isActive(last) && last.state !== 'cancelled' ? (
        <div className={styles.stale}>
          <FailureNote
            failure={{ ...last.failure, message: `${last.title}: ${last.failure.message}` }}
            onRetry={last.resumable ? () => action.run(() => client.jobs.resume({ id: last.id })) : undefined}
            retryLabel="Go on where it stopped"
            onDismiss={() => action.run(() => client.jobs.dismiss({ id: last.id }))}
          >
            {onForm && (last.kind === 'record' || last.kind === 'explain') ? (
              <Button variant="default" onClick={() => onForm(last.kind === 'explain' ? 'explain' : 'record')}>
                Change the form…
              </Button>
            ) : null}
          </FailureNote>
        </div>
      ) : null}
      {last && last.state === 'interrupted' && !last.failure ? (
        <div className={styles.stale}>
          <FailureNote
            tone="warn"
            failure={{ message: `${last.title} was interrupted.`, remedy: 'What was done until then is kept.' }}
            onRetry={() => action.run(() => client.jobs.resume({ id: last.id }))}
            retryLabel="Go on where it stopped"
          />
        </div>
      ) : null}
      {last && last.kind === 'explain-llm' && last.state === 'done' && last.warnings.length > 0 ? (
        <div className={styles.stale}>
          <FailureNote
            tone="warn"
            failure={{ message: `${last.title}: ${last.warnings.join('. ')}.` }}
            onDismiss={() => action.run(() => client.jobs.dismiss({ id: last.id }))}
          />
        </div>
      ) : null}
      {action.failure ? (
        <div className={styles.stale}>
          <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />
        </div>
      ) : null}
    </>
  )
}
