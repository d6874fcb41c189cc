import { Button } from '@mantine/core'
import { formatCount, formatDuration } from '../../components/numbers.ts'
import styles from './review.module.css'

export interface ReviewProgressProps {
  readonly reviewed: number
  readonly total: number
  /** From 1; null for a neuron that is not in the queue. */
  readonly place: number | null
  readonly length: number
  readonly perMinute: number | null
  readonly note: string | null
  /** Why the ranking in use is out of date; null when it is not. */
  readonly stale: string | null
  readonly isRanking: boolean
  readonly onRank: () => void
  readonly onAgain: () => void
}

/** How far the review is, how fast it goes, and how long it takes at this pace. */
export function ReviewProgress(props: ReviewProgressProps) {
  const { reviewed, total, place, length, perMinute, stale } = props
  const left = total - reviewed
  const share = total === 0 ? 0 : reviewed / total
  return (
    <div className={styles.progress}>
      <div
        className={styles.track}
        role="progressbar"
        aria-label="Reviewed"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={reviewed}
        aria-valuetext={`${reviewed} of ${total} reviewed`}
      >
        <div className={styles.fill} style={{ transform: `scaleX(${share})` }} />
      </div>
      <span>
        <strong>{formatCount(reviewed)}</strong> of {formatCount(total)} reviewed
      </span>
      <span>
        {place === null
          ? `${formatCount(length)} in the queue`
          : `${formatCount(place)} of ${formatCount(length)} in the queue`}
      </span>
      {perMinute === null ? null : (
        <span>
          {perMinute.toFixed(perMinute < 10 ? 1 : 0)} a minute
          {left > 0 ? `, ${formatDuration((60 * left) / perMinute)} left at this pace` : ''}
        </span>
      )}
      {props.note === null ? null : <span className={styles.soft}>{props.note}</span>}
      <span className={styles.grow} />
      {props.isRanking ? (
        <span>Ranking again</span>
      ) : stale === null ? null : (
        <span className={styles.stale}>
          {stale}.{' '}
          <button type="button" className={styles.link} onClick={props.onRank}>
            Rank again
          </button>
        </span>
      )}
      <Button variant="subtle" color="gray" onClick={props.onAgain} title="Asks for the queue as it is now">
        Refresh
      </Button>
    </div>
  )
}
