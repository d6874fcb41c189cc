import { useMemo } from 'react'
import type { DataPreview } from '../../../contract/workbench/datasets.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { VirtualTable } from '../../components/VirtualTable.tsx'
import type { TableColumn } from '../../components/VirtualTable.tsx'
import { formatCount } from '../../components/numbers.ts'
import styles from './data.module.css'

/** Rows that were left out, by the line on which they stand in the file, and what was repaired on the way. */
export function RejectedRows({ preview }: { preview: DataPreview }) {
  const { rejected, rejectedCount, repaired } = preview
  // Bytes that were no text are lost: "can be used" would hide that.
  const isPatched = repaired.some((note) => note.includes('U+FFFD'))
  const columns = useMemo<readonly TableColumn[]>(
    () => [
      {
        key: 'line',
        header: 'Line',
        width: 84,
        align: 'right',
        render: (row) => <span className="mono">{formatCount(rejected[row]!.line)}</span>,
      },
      {
        key: 'reason',
        header: 'Why it is left out',
        width: 'minmax(200px, 1fr)',
        render: (row) => <bdi>{rejected[row]!.reason}</bdi>,
      },
    ],
    [rejected],
  )
  return (
    <>
      {repaired.length === 0 ? null : (
        <ul className={styles.repaired} aria-label="Repaired">
          {repaired.map((note) => (
            <li key={note}>
              <bdi>{note}</bdi>
            </li>
          ))}
        </ul>
      )}
      {rejectedCount === 0 && isPatched ? null : rejectedCount === 0 ? (
        <p className={styles.soft}>Every row can be used.</p>
      ) : (
        <>
          <p className={styles.rejectedHead}>
            {formatCount(rejectedCount)} {rejectedCount === 1 ? 'row is' : 'rows are'} left out
            {rejectedCount > rejected.length ? `; these are the first ${formatCount(rejected.length)}` : ''}
            <CopyButton
              wide
              label="Copy lines and reasons"
              text={() => rejected.map(({ line, reason }) => `${line}\t${reason}`).join('\n')}
            />
          </p>
          <div className={styles.preview} style={{ height: 28 * (Math.min(rejected.length, 6) + 1) + 2 }}>
            <VirtualTable label="Rows left out" rowCount={rejected.length} columns={columns} />
          </div>
        </>
      )}
    </>
  )
}
