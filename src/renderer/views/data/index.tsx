import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Dataset } from '../../../contract/workbench/datasets.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import { useCommands } from '../../app/commands.ts'
import { useHandover } from '../../app/handover.ts'
import { useRemembered } from '../../app/remembered.ts'
import { navigate, useRoute } from '../../app/route.ts'
import { useSay } from '../../app/status.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { Icon } from '../../components/Icon.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Splitter } from '../../components/Splitter.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { DatasetDetail } from './DatasetDetail.tsx'
import { DatasetList } from './DatasetList.tsx'
import { ImportPanel } from './ImportPanel.tsx'
import styles from './data.module.css'

/** Data: what the workspace works with, and what each data set is for. */
export function View() {
  const { orpc } = useRpc()
  const route = useRoute()
  const say = useSay()
  const commands = useCommands()
  const pickFile = usePickFile()
  const datasets = useQuery(orpc.datasets.list.queryOptions())
  const [importing, setImporting] = useState<Grant | null>(null)
  const [removed, setRemoved] = useState<Dataset | null>(null)
  const [width, setWidth] = useRemembered('data.list', 340)
  useHandover('data', setImporting)

  const choose = useCallback(async () => {
    if (commands.run('file.import-data')) return
    const grant = await pickFile('data')
    if (grant) setImporting(grant)
  }, [commands, pickFile])

  const select = (id: string) => {
    setImporting(null)
    navigate('data', id)
  }

  if (datasets.error) {
    return (
      <div className={styles.pad}>
        <FailureNote failure={failureOf(datasets.error)} onRetry={() => datasets.refetch()} />
      </div>
    )
  }
  if (datasets.data === undefined) {
    return (
      <div className={styles.pad}>
        <ProgressLine label="Reading the data sets" />
      </div>
    )
  }
  const selected = datasets.data.find(({ id }) => id === route.arg) ?? datasets.data[0]
  if (!selected && importing === null) {
    return (
      <>
        <Removed dataset={removed} onDone={() => setRemoved(null)} />
        <EmptyState title="No data yet" action={{ label: 'Import data…', run: choose }}>
          CSV, TSV, JSON, JSONL, Parquet, plain text or cloze questions (CBT); a file to choose, or to drop anywhere on
          this window. It stays where it is. You need one to probe with, one to forget and one to retain.
        </EmptyState>
      </>
    )
  }
  return (
    <div className={styles.view}>
      <div className={styles.side} style={{ width }}>
        <header className={styles.head}>
          <h1>Data</h1>
          <span className={styles.gap} />
          <Button variant="default" leftSection={<Icon name="plus" size={12} />} onClick={() => void choose()}>
            Import data…
          </Button>
        </header>
        <Removed dataset={removed} onDone={() => setRemoved(null)} />
        <DatasetList
          datasets={datasets.data}
          selected={importing === null ? (selected?.id ?? null) : null}
          onSelect={select}
        />
      </div>
      <Splitter label="Width of the list" size={width} onSize={setWidth} min={240} max={560} sizes="left" />
      <div className={styles.main}>
        {importing !== null ? (
          <ImportPanel
            key={importing.id}
            grant={importing}
            onImported={(dataset) => select(dataset.id)}
            onCancel={() => setImporting(null)}
            onOther={choose}
          />
        ) : selected ? (
          <DatasetDetail
            key={selected.id}
            dataset={selected}
            onRemoved={(dataset) => {
              setRemoved(dataset)
              say(`Removed ${dataset.name} from the workspace. The file stays where it is.`)
              navigate('data')
            }}
          />
        ) : null}
      </div>
    </div>
  )
}

/** What was just removed, and the way to take that back. */
function Removed({ dataset, onDone }: { dataset: Dataset | null; onDone: () => void }) {
  const commands = useCommands()
  if (dataset === null) return null
  return (
    <div className={styles.removed} role="status">
      <span>
        Removed <bdi>{dataset.name}</bdi>.
      </span>
      <Button
        variant="subtle"
        onClick={() => {
          commands.run('edit.undo')
          onDone()
        }}
      >
        Undo
      </Button>
      <Button variant="subtle" color="gray" onClick={onDone}>
        Dismiss
      </Button>
    </div>
  )
}
