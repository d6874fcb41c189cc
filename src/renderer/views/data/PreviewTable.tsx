import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { DataPreview } from '../../../contract/workbench/datasets.ts'
import { VirtualTable } from '../../components/VirtualTable.tsx'
import type { TableColumn } from '../../components/VirtualTable.tsx'
import { formatCount } from '../../components/numbers.ts'
import { counted } from './counted.ts'
import styles from './data.module.css'

/** Columns drawn at once; more on demand, because a file may have thousands. */
const fewColumns = 12

/** Characters of a cell that are drawn: a row shows no more, and a cell may hold a megabyte. */
const cellCharacters = 240

/** The first rows of a file, the text column marked. */
export function PreviewTable({ preview }: { preview: DataPreview }) {
  const [most, setMost] = useState(fewColumns)
  const { columns, mapping } = preview
  const rows = preview.preview
  const names = useMemo(() => {
    const all = columns.length > 0 ? columns.map(({ name }) => name) : Object.keys(rows[0] ?? {})
    const text = mapping.textColumn
    return text === null ? all : [text, ...all.filter((name) => name !== text)]
  }, [columns, rows, mapping.textColumn])
  const drawn = useMemo<readonly TableColumn[]>(
    () => [
      {
        key: '#row',
        header: '#',
        width: 48,
        align: 'right',
        render: (row) => <span className={styles.soft}>{row + 1}</span>,
      },
      ...names.slice(0, most).map((name) => ({
        key: `.${name}`,
        header: name === mapping.textColumn ? `${name} (text)` : name,
        width: name === mapping.textColumn || names.length === 1 ? 'minmax(280px, 3fr)' : 'minmax(96px, 1fr)',
        render: (row: number) => <Cell value={rows[row]?.[name] ?? null} />,
      })),
    ],
    [names, most, mapping.textColumn, rows],
  )
  if (rows.length === 0) return <p className={styles.soft}>No row is left. Loosen the condition.</p>
  return (
    <>
      <div className={styles.preview} style={{ height: 28 * (Math.min(rows.length, 9) + 1) + 2 }}>
        <VirtualTable label="First rows" rowCount={rows.length} columns={drawn} />
      </div>
      <p className={styles.soft}>
        The first {formatCount(rows.length)} of {counted(preview.rows, 'row')}
        {names.length > most ? ` and ${most} of ${formatCount(names.length)} columns` : ''}
        {names.length > most ? (
          <Button variant="subtle" onClick={() => setMost(most + 24)}>
            Show {Math.min(24, names.length - most)} more columns
          </Button>
        ) : null}
      </p>
    </>
  )
}

function Cell({ value }: { value: string | number | boolean | null }) {
  if (value === null) return <span className={styles.soft}>null</span>
  const text = typeof value === 'string' ? value : String(value)
  const cut = text.length > cellCharacters ? `${text.slice(0, cellCharacters)}…` : text
  return <bdi>{cut.replace(/\s+/g, ' ')}</bdi>
}
