import { formatDuration, formatProgress } from './numbers.ts'
import styles from './components.module.css'

/** A bar with what is being done, how much of it is done, and the time left. Without a total it only moves. */
export function ProgressLine({
  label,
  done,
  total,
  unit,
  secondsLeft = null,
}: {
  /** What is going on: "Recording", "Reading the file". */
  label: string
  done?: number
  total?: number
  /** What is counted: "tokens". */
  unit?: string
  secondsLeft?: number | null
}) {
  const known = done !== undefined && total !== undefined && total > 0
  const share = known ? Math.min(1, done / total) : 0
  const counted = known ? formatProgress(done, total, unit) : null
  return (
    <div className={styles.progress}>
      <span>{label}</span>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(known
          ? { 'aria-valuenow': Math.round(100 * share), 'aria-valuetext': counted ?? '' }
          : { 'data-indeterminate': true })}
      >
        <div className={styles.fill} style={known ? { transform: `scaleX(${share})` } : {}} />
      </div>
      {counted !== null && <span className={styles.progressText}>{counted}</span>}
      {secondsLeft !== null && <span className={styles.progressText}>{formatDuration(secondsLeft)} left</span>}
    </div>
  )
}
