import type { Failure } from '../../../contract/failure.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { formatTime } from '../../components/numbers.ts'
import styles from './start.module.css'

interface Recent {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly openedAt: number
  readonly exists: boolean
}

/** Workspaces of before, newest first; one whose folder is gone says so and cannot be opened. */
export function RecentList({
  recent,
  failure,
  disabled,
  onOpen,
  onFreshDemo,
}: {
  recent: readonly Recent[] | undefined
  failure: Failure | null
  disabled: boolean
  onOpen: (id: string, name: string) => void
  onFreshDemo: () => void
}) {
  return (
    <section className={styles.recent} aria-labelledby="recent">
      <h2 id="recent">Recent workspaces</h2>
      {failure && <FailureNote failure={failure} />}
      {recent?.length === 0 && <p className={styles.muted}>None yet. What you open stands here the next time.</p>}
      <ul>
        {(recent ?? []).map(({ id, name, path, openedAt, exists }) => (
          <li key={id}>
            <button
              type="button"
              className={styles.recentItem}
              disabled={disabled || !exists}
              onClick={() => onOpen(id, name)}
            >
              <Icon name={exists ? 'folder' : 'warning'} size={14} />
              <span className={styles.recentName}>{name}</span>
              <span className={styles.recentPath}>
                <bdi>{path}</bdi>
              </span>
              <span className={styles.recentTime}>{exists ? formatTime(openedAt) : 'The folder is gone'}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.muted}>
        <button type="button" className={styles.link} disabled={disabled} onClick={onFreshDemo}>
          Open a fresh copy of the demo
        </button>{' '}
        when the one you worked in should stay as it is.
      </p>
    </section>
  )
}
