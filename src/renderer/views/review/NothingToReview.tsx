import { navigate } from '../../app/route.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import type { ReviewWishes } from './wishes.ts'
import styles from './review.module.css'

/** Why there is no queue. */
export function QueueFailure({ error, onRetry }: { error: unknown; onRetry: () => unknown }) {
  const failure = failureOf(error)
  if (failure.kind !== 'not-found') {
    return (
      <div className={styles.pad}>
        <FailureNote failure={failure} onRetry={onRetry} />
      </div>
    )
  }
  return (
    <EmptyState title="Nothing to review yet" action={{ label: 'Go to neurons', run: () => navigate('neurons') }}>
      {failure.message}. Review shows one neuron after the other, with its concept and the texts where it is active.
    </EmptyState>
  )
}

/** The end of the queue, or a filter that lets nothing through. */
export function NothingLeft({
  wishes,
  reviewed,
  isWaiting,
  onAll,
}: {
  wishes: ReviewWishes
  reviewed: number
  isWaiting: boolean
  onAll: () => void
}) {
  if (isWaiting) return null
  const isWhole = wishes.status === 'suggested' && wishes.text.trim() === '' && wishes.site === null
  return (
    <EmptyState
      title={isWhole ? (reviewed > 0 ? 'All reviewed' : 'No concept to review') : 'No neuron matches'}
      action={{ label: 'Show all with a concept', run: onAll }}
    >
      {isWhole
        ? reviewed > 0
          ? `${formatCount(reviewed)} concepts were accepted, rejected or edited.`
          : 'No neuron has a concept yet: explain neurons first.'
        : 'Other words, another status or another site may find some.'}
    </EmptyState>
  )
}
