import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Job } from '../../../contract/workbench/jobs.ts'
import { isActive } from '../../app/use-workbench.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon, type IconName } from '../../components/Icon.tsx'
import { formatDuration, formatProgress, formatTime } from '../../components/numbers.ts'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { routeHash } from '../../app/route.ts'
import { JobLog } from './JobLog.tsx'
import { resultView } from './result-view.ts'
import type { JobWishes } from './use-job-wishes.ts'
import styles from './jobs.module.css'

const states: Readonly<Record<Job['state'], { icon: IconName; word: string }>> = {
  queued: { icon: 'empty', word: 'Waiting' },
  running: { icon: 'running', word: 'Running' },
  done: { icon: 'done', word: 'Done' },
  failed: { icon: 'warning', word: 'Failed' },
  cancelled: { icon: 'stop', word: 'Cancelled' },
  interrupted: { icon: 'bolt', word: 'Interrupted' },
}

/** One job: state, title, progress, what it warns of, why it failed, and what can be done with it. */
export function JobRow({ job, wishes }: { job: Job; wishes: JobWishes }) {
  const [log, setLog] = useState(false)
  const wish = wishes.pending(job)
  const refused = wishes.refused(job)
  const active = isActive(job)
  const { icon, word } = states[job.state]
  const view = job.state === 'done' ? resultView(job) : null
  return (
    <li className={styles.job} data-state={job.state}>
      <div className={styles.line}>
        <span className={styles.state}>
          <Icon name={icon} size={14} />
          {wish === 'cancel' ? 'Cancelling' : word}
        </span>
        <span className={styles.jobTitle}>{job.title}</span>
        <span className={styles.time}>{timeOf(job)}</span>
        <span className={styles.actions}>
          {active && (
            <Button
              variant="default"
              disabled={wish === 'cancel'}
              onClick={() => void wishes.ask(job, 'cancel')}
              aria-label={`Cancel: ${job.title}`}
            >
              {wish === 'cancel' ? 'Cancelling' : 'Cancel'}
            </Button>
          )}
          {!active && job.resumable && (
            <Button
              variant="default"
              disabled={wish !== null}
              onClick={() => void wishes.ask(job, 'resume')}
              aria-label={`Resume: ${job.title}`}
            >
              Resume
            </Button>
          )}
          {view && (
            <Button component="a" variant="default" href={routeHash(view.view)}>
              {view.label}
            </Button>
          )}
          <Button
            variant="subtle"
            color="gray"
            aria-expanded={log}
            onClick={() => setLog(!log)}
            aria-label={`${log ? 'Hide' : 'Show'} the log: ${job.title}`}
          >
            Log
          </Button>
          {!active && (
            <Button
              variant="subtle"
              color="gray"
              disabled={wish !== null}
              onClick={() => void wishes.ask(job, 'dismiss')}
              aria-label={`Dismiss: ${job.title}`}
              title="Takes it off this list. What it made stays."
            >
              Dismiss
            </Button>
          )}
        </span>
      </div>
      {job.state === 'queued' && wish === null && <p className={styles.note}>It waits for the jobs before it.</p>}
      {(job.state === 'running' || (active && wish !== null)) && (
        <ProgressLine
          label={wish === 'cancel' ? 'Ends at its next batch' : (stageOf(job) ?? word)}
          {...(job.progress ? { done: job.progress.done, total: job.progress.total, unit: job.progress.unit } : {})}
          secondsLeft={wish === 'cancel' ? null : job.secondsLeft}
        />
      )}
      {job.state === 'interrupted' && !job.failure && (
        <p className={styles.note}>
          The workbench ended while this ran
          {job.progress ? `, at ${formatProgress(job.progress.done, job.progress.total, job.progress.unit)}` : ''}.
          Resume goes on from there.
        </p>
      )}
      {job.warnings.map((warning) => (
        <p className={styles.warning} key={warning}>
          <Icon name="warning" size={14} /> {warning}
        </p>
      ))}
      {job.failure && job.state !== 'cancelled' && <FailureNote failure={job.failure} />}
      {refused && <FailureNote failure={refused} />}
      {log && <JobLog id={job.id} active={active} />}
    </li>
  )
}

function timeOf({ startedAt, endedAt }: Job): string {
  if (startedAt === null) return ''
  if (endedAt === null) return `since ${formatTime(startedAt)}`
  return `${formatTime(endedAt)}, took ${formatDuration((endedAt - startedAt) / 1000)}`
}

/** What goes on, and what it has cost so far. */
function stageOf({ progress }: Job): string | null {
  if (!progress) return null
  return progress.note === undefined ? progress.stage : `${progress.stage}: ${progress.note}`
}
