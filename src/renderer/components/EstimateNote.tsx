import type { EstimateInfo } from '../../contract/workbench/explaining.ts'
import { formatCount, formatDuration } from './numbers.ts'
import styles from './components.module.css'

/** What a piece of work would send, to whom, and what it costs at most: told before anything leaves. */
export function EstimateNote({ estimate, what }: { estimate: EstimateInfo; what: string }) {
  const { host, model, calls, answered, promptTokens, mostCompletionTokens, mostCost, seconds, tokenizer } = estimate
  const cost =
    mostCost === null ? 'no price is known for this model' : `at most $${mostCost.toFixed(mostCost < 1 ? 4 : 2)}`
  return (
    <div className={styles.note} data-tone="warn" role="status">
      <div className={styles.noteBody}>
        <p>
          {what} leave this machine for <strong>{host}</strong> ({model}).
        </p>
        <p>
          {formatCount(calls)} calls
          {answered > 0 ? `, ${formatCount(answered)} more are answered already` : ''}; {formatCount(promptTokens)}{' '}
          tokens
          {tokenizer.exact ? '' : ' (counted as another model counts them)'} and at most{' '}
          {formatCount(mostCompletionTokens)} in the answers; {cost}
          {seconds === null ? '' : `; about ${formatDuration(seconds)}`}.
        </p>
      </div>
    </div>
  )
}
