import type { Failure } from '../../../contract/failure.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { RecentEntries, type RecentEntry } from '../../components/RecentEntries.tsx'
import styles from './start.module.css'

/** Workspaces of before, newest first. */
export function RecentList({
  recent,
  failure,
  disabled,
  onOpen,
  onForget,
  onFreshDemo,
}: {
  recent: readonly RecentEntry[] | undefined
  failure: Failure | null
  disabled: boolean
  onOpen: (id: string, name: string) => void
  onForget: (id: string) => void
  onFreshDemo: () => void
}) {
  return (
    <section className={styles.recent} aria-labelledby="recent">
      <h2 id="recent">Recent workspaces</h2>
      {failure && <FailureNote failure={failure} />}
      {recent?.length === 0 && <p className={styles.muted}>None yet. What you open stands here the next time.</p>}
      <RecentEntries
        entries={recent ?? []}
        disabled={disabled}
        gone="The folder is gone"
        onOpen={({ id, name }) => onOpen(id, name)}
        onForget={({ id }) => onForget(id)}
      />
      <p className={styles.muted}>
        <button type="button" className={styles.link} disabled={disabled} onClick={onFreshDemo}>
          Open a fresh copy of the demo
        </button>{' '}
        when the one you worked in should stay as it is.
      </p>
    </section>
  )
}
