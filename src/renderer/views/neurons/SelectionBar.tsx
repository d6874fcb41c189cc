import { Button } from '@mantine/core'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { neuronIdOf } from './neuron-columns.ts'
import type { NeuronColumns } from './neuron-columns.ts'
import type { NeuronEdits } from './use-neuron-edits.ts'
import type { RowSelection } from './use-row-selection.ts'
import styles from './neurons.module.css'

interface SelectionBarProps {
  readonly columns: NeuronColumns
  readonly selection: RowSelection
  readonly edits: NeuronEdits
}

/** Most neurons that one edit takes. */
const most = 100_000

/** What can be done with all marked neurons at once, as one edit that one undo takes back. */
export function SelectionBar({ columns, selection, edits }: SelectionBarProps) {
  if (selection.count === 0) {
    return edits.action.failure ? (
      <div className={styles.stale}>
        <FailureNote failure={edits.action.failure} onRetry={edits.action.retry} onDismiss={edits.action.clear} />
      </div>
    ) : null
  }
  const neurons = () => selection.rows().map((row) => neuronIdOf(columns.layout, row))
  const isTooMany = selection.count > most
  return (
    <>
      <div className={styles.selection} role="group" aria-label="Marked neurons">
        <strong>{formatCount(selection.count)} marked</strong>
        <Button variant="default" disabled={isTooMany} onClick={() => void edits.review(neurons(), 'accepted')}>
          Accept
        </Button>
        <Button variant="default" disabled={isTooMany} onClick={() => void edits.review(neurons(), 'rejected')}>
          Reject
        </Button>
        <Button variant="default" disabled={isTooMany} onClick={() => void edits.pin(neurons(), 'always')}>
          Always prune
        </Button>
        <Button variant="default" disabled={isTooMany} onClick={() => void edits.pin(neurons(), 'never')}>
          Never prune
        </Button>
        <Button variant="default" disabled={isTooMany} onClick={() => void edits.pin(neurons(), null)}>
          Clear pin
        </Button>
        <Button variant="subtle" color="gray" onClick={selection.clear}>
          Unmark all
        </Button>
        {isTooMany ? <span>One edit takes at most {formatCount(most)} neurons: filter first.</span> : null}
      </div>
      {edits.action.failure ? (
        <div className={styles.stale}>
          <FailureNote failure={edits.action.failure} onRetry={edits.action.retry} onDismiss={edits.action.clear} />
        </div>
      ) : null}
    </>
  )
}
