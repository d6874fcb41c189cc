import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TableFormat, TableKind, WrittenTable } from '../../../contract/workbench/exchange.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

const ofNeurons: readonly { value: TableKind; label: string }[] = [
  { value: 'concepts', label: 'Concepts in use' },
  { value: 'history', label: 'History of the review' },
  { value: 'ranking', label: 'A ranking' },
]
const allFormats: readonly { value: TableFormat; label: string }[] = [
  { value: 'csv', label: 'CSV, for spreadsheets' },
  { value: 'parquet', label: 'Parquet' },
  { value: 'jsonl', label: 'JSON Lines' },
]

/** Writes a table into the workspace's exports folder: one that is chosen, or the only one that is offered. */
export function WriteTable({
  tables = ofNeurons,
  formats = allFormats,
  button = 'Write table',
}: {
  tables?: typeof ofNeurons
  formats?: typeof allFormats
  button?: string
}) {
  const { client, orpc } = useRpc()
  const action = useAction()
  const cut = useWorkspace().data?.cut ?? null
  const rankings = useQuery(orpc.rankings.list.queryOptions())
  const [table, setTable] = useState<TableKind>(tables[0]?.value ?? 'concepts')
  const [format, setFormat] = useState<TableFormat>('csv')
  const [chosen, setChosen] = useState<string | null>(null)
  const [written, setWritten] = useState<WrittenTable | null>(null)
  const ranking = chosen ?? cut?.ranking ?? rankings.data?.[0]?.id ?? null

  const write = () =>
    action.run(async () => {
      setWritten(null)
      setWritten(await client.exchange.write({ table, format, ranking: table === 'ranking' ? ranking : null }))
    })

  return (
    <div className={styles.exchange}>
      <div className={styles.exchangeRow}>
        {tables.length > 1 && (
          <Select
            label="Table"
            data={tables}
            value={table}
            allowDeselect={false}
            onChange={(next) => setTable(next as TableKind)}
          />
        )}
        {table === 'ranking' && (
          <Select
            label="Ranking"
            data={(rankings.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={ranking}
            allowDeselect={false}
            onChange={setChosen}
          />
        )}
        <Select
          label="Format"
          data={formats}
          value={format}
          allowDeselect={false}
          onChange={(next) => setFormat(next as TableFormat)}
        />
        <Button onClick={write} loading={action.busy} disabled={table === 'ranking' && ranking === null}>
          {button}
        </Button>
      </div>
      {action.failure && <FailureNote failure={action.failure} onRetry={write} />}
      {written && (
        <p role="status" className={styles.written}>
          {formatCount(written.rows)} rows written to <span className={styles.mono}>{written.path}</span>
          <CopyButton text={written.path} label="Copy the path of the table" />
        </p>
      )}
    </div>
  )
}
