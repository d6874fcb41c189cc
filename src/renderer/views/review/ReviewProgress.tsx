import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo } from 'react'
import { isActive, useJobs, useWorkspace } from '../../app/use-workbench.ts'
import { formatCount, formatDuration } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { RankAgain } from './RankAgain.tsx'
import styles from './review.module.css'

export interface ReviewProgressProps {
  readonly reviewed: number
  readonly total: number
  /** From 1; null for a neuron that is not in the queue. */
  readonly place: number | null
  readonly length: number
  readonly perMinute: number | null
  readonly note: string | null
  readonly onRank: () => void
  readonly onAgain: () => void
}

/** How far the review is, how fast it goes, and how long it takes at this pace. */
export const ReviewProgress = memo(function ReviewProgress(props: ReviewProgressProps) {
  const { reviewed, total, place, length, perMinute } = props
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
      <Staleness onRank={props.onRank} />
      <Button variant="subtle" color="gray" onClick={props.onAgain} title="Asks for the queue as it is now">
        Refresh
      </Button>
    </div>
  )
})

/** Why the ranking in use is out of date, and the click that mends it. */
function Staleness({ onRank }: { onRank: () => void }) {
  const { orpc } = useRpc()
  const cut = useWorkspace().data?.cut ?? null
  const rankings = useQuery(orpc.rankings.list.queryOptions()).data ?? []
  const isRanking = (useJobs().data ?? []).some((job) => job.kind === 'rank' && isActive(job))
  const ranking = rankings.find(({ id }) => id === cut?.ranking)
  if (isRanking) return <span>Ranking again</span>
  if (!ranking || ranking.stale === null) return null
  return (
    <span className={styles.stale}>
      {ranking.stale}. <RankAgain sends={ranking.sends} onRank={onRank} />
    </span>
  )
}
