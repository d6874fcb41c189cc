import { Icon } from './Icon.tsx'
import { formatTime } from './numbers.ts'
import styles from './RecentEntries.module.css'

export interface RecentEntry {
  readonly id: string
  readonly name: string
  /** A word or two behind the name: the family of a model. */
  readonly kind?: string
  readonly path: string
  readonly openedAt: number
  readonly exists: boolean
}

/** What was opened before, newest first; what is gone says so, cannot be opened, and can be taken off the list. */
export function RecentEntries<Entry extends RecentEntry>({
  entries,
  disabled = false,
  gone,
  onOpen,
  onForget,
}: {
  entries: readonly Entry[]
  disabled?: boolean
  /** Said of an entry whose path leads nowhere. */
  gone: string
  onOpen: (entry: Entry) => void
  onForget: (entry: Entry) => void
}) {
  return (
    <ul className={styles.entries}>
      {entries.map((entry) => (
        <li key={entry.id} className={styles.line}>
          <button
            type="button"
            className={styles.entry}
            disabled={disabled || !entry.exists}
            title={entry.path}
            onClick={() => onOpen(entry)}
          >
            <Icon name={entry.exists ? 'folder' : 'warning'} size={14} />
            <span className={styles.name}>
              <bdi>{entry.name}</bdi>
              {entry.kind !== undefined && <span className={styles.kind}> {entry.kind}</span>}
            </span>
            <span className={styles.path}>
              <bdi>{entry.path}</bdi>
            </span>
            <span className={styles.time}>{entry.exists ? formatTime(entry.openedAt) : gone}</span>
          </button>
          {!entry.exists && (
            <button
              type="button"
              className={styles.forget}
              aria-label={`Remove from list: ${entry.name}`}
              onClick={() => onForget(entry)}
            >
              Remove from list
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}
