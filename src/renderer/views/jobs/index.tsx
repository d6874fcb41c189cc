import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Section } from '../../components/Section.tsx'
import { isActive, useJobs } from '../../app/use-workbench.ts'
import { navigate } from '../../app/route.ts'
import { ViewSkeleton } from '../../app/ViewSkeleton.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { EngineEventList } from './EngineEventList.tsx'
import { JobRow } from './JobRow.tsx'
import { useJobWishes } from './use-job-wishes.ts'
import styles from './jobs.module.css'

/** Every job with what it does and how it goes; below, what befell the engine. */
export function View() {
  const jobs = useJobs()
  const wishes = useJobWishes(jobs.data)
  if (jobs.error && !jobs.data) {
    return (
      <div className={styles.pad}>
        <h1>Jobs</h1>
        <FailureNote failure={failureOf(jobs.error)} onRetry={() => jobs.refetch()} />
      </div>
    )
  }
  if (!jobs.data) return <ViewSkeleton title="Jobs" />
  const active = jobs.data.filter(isActive)
  const ended = jobs.data.filter((job) => !isActive(job))
  return (
    <div className={styles.jobs}>
      <h1 className={styles.title}>Jobs</h1>
      {jobs.data.length === 0 && (
        <EmptyState title="No jobs yet" action={{ label: 'Go to neurons', run: () => navigate('neurons') }}>
          Recording, explaining, ranking, measuring and exporting run as jobs. They stand here with their progress, go
          on when this window is closed, and resume where they stopped.
        </EmptyState>
      )}
      {active.length > 0 && (
        <Section title="Running" note={`${active.length}`}>
          <ul className={styles.list}>
            {active.map((job) => (
              <JobRow job={job} wishes={wishes} key={job.id} />
            ))}
          </ul>
        </Section>
      )}
      {ended.length > 0 && (
        <Section title="Ended" note={`${ended.length}`}>
          <ul className={styles.list}>
            {ended.map((job) => (
              <JobRow job={job} wishes={wishes} key={job.id} />
            ))}
          </ul>
        </Section>
      )}
      <EngineEventList />
    </div>
  )
}
