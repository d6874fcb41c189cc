import { Button } from '@mantine/core'
import type { Dataset } from '../../../contract/workbench/datasets.ts'
import { ActivationHistogram } from '../../components/ActivationHistogram.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Value } from '../../components/Value.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { counted } from './counted.ts'
import styles from './data.module.css'

/** How long the documents are for the workspace's model. Counted when asked for. */
export function TokenCounts({ dataset }: { dataset: Dataset }) {
  const { client } = useRpc()
  const action = useAction()
  const { tokens } = dataset
  const count = () => action.run(() => client.datasets.countTokens({ id: dataset.id }))
  if (action.failure) return <FailureNote failure={action.failure} onRetry={count} onDismiss={action.clear} />
  if (action.busy) return <ProgressLine label="Counting tokens" />
  if (tokens === null) {
    return (
      <div className={styles.actions}>
        <Button variant="default" onClick={() => void count()}>
          Count the tokens of {counted(dataset.documents, 'document')}
        </Button>
      </div>
    )
  }
  return (
    <div className={styles.counts}>
      <dl className={styles.facts}>
        <div>
          <dt>Tokens</dt>
          <dd>{formatCount(tokens.tokens)}</dd>
        </div>
        <div>
          <dt>Documents</dt>
          <dd>{formatCount(tokens.documents)}</dd>
        </div>
        <div>
          <dt>Mean length</dt>
          <dd>{tokens.documents === 0 ? 'none' : <Value value={tokens.tokens / tokens.documents} />}</dd>
        </div>
        <div>
          <dt>Longest</dt>
          <dd>{formatCount(tokens.longest)}</dd>
        </div>
      </dl>
      {tokens.documents > 1 ? (
        <ActivationHistogram
          title="Documents by length"
          counted="documents"
          series={[{ name: 'documents', tone: 'neutral', ...tokens.histogram }]}
        />
      ) : null}
    </div>
  )
}
