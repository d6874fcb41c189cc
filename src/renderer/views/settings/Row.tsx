import type { ReactNode } from 'react'
import styles from './settings.module.css'

/** One setting: its name (under the id `labels`), the control, and a few words where they help. */
export function Row({
  label,
  labels,
  note,
  children,
}: {
  label: string
  labels: string
  note?: ReactNode
  children: ReactNode
}) {
  return (
    <div className={styles.row}>
      <span className={styles.label} id={labels}>
        {label}
      </span>
      <div className={styles.control}>
        {children}
        {note !== undefined && <p className={styles.note}>{note}</p>}
      </div>
    </div>
  )
}
