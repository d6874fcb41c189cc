import { formatCount } from '../../components/numbers.ts'
import styles from './neurons.module.css'

/** What was found in a file that is to be taken in: how it was read, counts of it, and the first lines that hold nothing. */
export function FileFacts({
  format,
  facts,
  rejected,
}: {
  format: string
  facts: readonly (readonly [name: string, count: number])[]
  rejected: readonly { readonly line: number; readonly reason: string }[]
}) {
  return (
    <>
      <dl className={styles.facts}>
        <div>
          <dt>read as</dt>
          <dd>{format}</dd>
        </div>
        {facts.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
      {rejected.length > 0 && (
        <ul className={styles.rejections}>
          {rejected.slice(0, 5).map(({ line, reason }) => (
            <li key={`${line} ${reason}`}>
              line {formatCount(line)}: {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
