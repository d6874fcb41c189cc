import { useQuery } from '@tanstack/react-query'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatTime } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import styles from './neurons.module.css'

/** What was said of the neuron, by whoever, in its order; what was undone is struck through and says so. */
export function History({ neuron }: { neuron: string }) {
  const { orpc } = useRpc()
  const { data, error, refetch } = useQuery(orpc.neurons.history.queryOptions({ input: { neuron } }))
  if (error) return <FailureNote failure={failureOf(error)} onRetry={() => refetch()} />
  if (data === undefined) return null
  if (data.length === 0) return <p className={styles.soft}>Nobody has said anything of it yet.</p>
  return (
    <ol className={styles.history}>
      {data.map((entry, i) => (
        <li key={`${entry.at} ${i}`} data-undone={entry.undone || undefined}>
          <time className={styles.soft} dateTime={new Date(entry.at).toISOString()}>
            {formatTime(entry.at)}
          </time>{' '}
          <bdi>{entry.undone ? <s>{entry.what}</s> : entry.what}</bdi>
          {entry.text === null ? null : (
            <>
              {': '}
              <q dir="auto">{entry.text}</q>
            </>
          )}
          <span className={styles.soft}>
            {' '}
            · {entry.author}
            {entry.undone ? ' · undone' : ''}
          </span>
        </li>
      ))}
    </ol>
  )
}
