import { Button, Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCommand } from '../../app/commands.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { routeHash } from '../../app/route.ts'
import { useWorkspace } from '../../app/use-workbench.ts'
import { ExchangeForm } from './ExchangeForm.tsx'
import { ExplainForm } from './ExplainForm.tsx'
import { NeuronsBoard } from './NeuronsBoard.tsx'
import { RecordForm } from './RecordForm.tsx'
import { RecordingChoice } from './RecordingChoice.tsx'
import { WorkLine } from './WorkLine.tsx'
import { useNeuronColumns } from './use-neuron-columns.ts'
import styles from './neurons.module.css'

/** Neurons: what each does, how it is named, and what goes. Before anything is recorded, the form that records. */
export function View() {
  const { orpc } = useRpc()
  const workspace = useWorkspace()
  const columns = useNeuronColumns()
  const recordings = useQuery(orpc.recordings.list.queryOptions())
  const [form, setForm] = useState<'record' | 'explain' | 'exchange' | null>(null)
  const isRecorded = columns.data !== undefined && columns.data !== null
  const close = () => setForm(null)
  useCommand({
    id: 'action.record',
    title: isRecorded ? 'Record again' : 'Record neurons',
    group: 'Neurons',
    run: () => setForm(isRecorded ? 'record' : null),
  })
  useCommand({
    id: 'action.explain',
    title: 'Explain neurons',
    group: 'Neurons',
    enabled: isRecorded,
    run: () => setForm('explain'),
  })
  useCommand({
    id: 'action.exchange',
    title: 'Import and export concepts',
    group: 'Neurons',
    enabled: isRecorded,
    run: () => setForm('exchange'),
  })
  const inUse = recordings.data?.find((recording) => recording.inUse)

  if (columns.error) {
    return (
      <div className={styles.pad}>
        <FailureNote failure={failureOf(columns.error)} onRetry={() => columns.refetch()} />
      </div>
    )
  }
  if (columns.data === undefined) {
    return (
      <div className={styles.pad}>
        <ProgressLine label="Reading the neurons" />
      </div>
    )
  }
  if (columns.data === null) {
    return (
      <div className={styles.start}>
        <h1>Neurons</h1>
        <p className={styles.lead}>
          A recording runs texts through the model once and keeps, for every neuron, how often and how strongly it is
          active, and the texts where it is most.
        </p>
        <WorkLine />
        <RecordForm onStarted={() => undefined} />
      </div>
    )
  }
  return (
    <div className={styles.view}>
      <header className={styles.head}>
        <h1>Neurons</h1>
        <div className={styles.headRecording}>
          <RecordingChoice recordings={recordings.data ?? []} />
        </div>
        <Button variant="default" onClick={() => setForm('exchange')}>
          Import, export…
        </Button>
        <Button variant="default" component="a" href={routeHash('review')}>
          Review concepts
        </Button>
        <Button variant="default" onClick={() => setForm('explain')}>
          Explain neurons…
        </Button>
        <Button variant="default" onClick={() => setForm('record')}>
          Record again…
        </Button>
      </header>
      {inUse?.stale ? (
        <div className={styles.stale}>
          <FailureNote tone="warn" failure={{ message: `This recording is out of date: ${inUse.stale}.` }}>
            <Button variant="default" onClick={() => setForm('record')}>
              Record again…
            </Button>
          </FailureNote>
        </div>
      ) : null}
      <WorkLine onForm={setForm} />
      <NeuronsBoard columns={columns.data} cut={workspace.data?.cut ?? null} />
      <Modal opened={form === 'record'} onClose={close} title="Record again" size="lg" keepMounted>
        <RecordForm onStarted={close} />
      </Modal>
      <Modal opened={form === 'exchange'} onClose={close} title="Import and export" size="lg">
        <ExchangeForm />
      </Modal>
      <Modal opened={form === 'explain'} onClose={close} title="Explain neurons" size="lg" keepMounted>
        <ExplainForm columns={columns.data} onStarted={close} />
      </Modal>
    </div>
  )
}
