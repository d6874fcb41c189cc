import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Dataset, Role } from '../../../contract/workbench/datasets.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { formatBytes } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { counted } from './counted.ts'
import { MappingForm } from './MappingForm.tsx'
import { PreviewTable } from './PreviewTable.tsx'
import { RejectedRows } from './RejectedRows.tsx'
import { RoleBoxes } from './RoleBoxes.tsx'
import { usePreview } from './use-preview.ts'
import styles from './data.module.css'

interface ImportPanelProps {
  readonly grant: Grant
  readonly onImported: (dataset: Dataset) => void
  readonly onCancel: () => void
  readonly onOther: () => unknown
}

/** A file before it is imported: what is in it, how it is read, what it is for. */
export function ImportPanel({ grant, onImported, onCancel, onOther }: ImportPanelProps) {
  const { client } = useRpc()
  const say = useSay()
  const action = useAction()
  const { preview, mapping, setMapping, failure, isWorking, retry } = usePreview(grant.id)
  const [typedName, setTypedName] = useState<string | null>(null)
  const [roles, setRoles] = useState<Role[]>([])
  const name = typedName ?? preview?.name ?? grant.name

  async function load() {
    if (mapping === null) return
    await action.run(async () => {
      const dataset = await client.datasets.import({ file: grant.id, name: name.trim(), mapping, roles })
      say(`Imported ${dataset.name}: ${counted(dataset.documents, 'document')}`)
      onImported(dataset)
    })
  }

  if (preview === null || mapping === null) {
    return (
      <div className={styles.pad}>
        {failure ? (
          <FailureNote failure={failure} onRetry={retry}>
            <Button variant="default" onClick={() => void onOther()}>
              Choose another file…
            </Button>
            <Button variant="subtle" color="gray" onClick={onCancel}>
              Cancel
            </Button>
          </FailureNote>
        ) : (
          <ProgressLine label={`Reading ${grant.name}`} />
        )}
      </div>
    )
  }
  const isReady = failure === null && !isWorking && name.trim() !== '' && preview.documents > 0
  return (
    <form
      className={styles.detail}
      aria-label="Import"
      onSubmit={(event) => {
        event.preventDefault()
        void load()
      }}
    >
      <header className={styles.detailHead}>
        <h2 className={styles.name}>
          Import <bdi>{grant.name}</bdi>
        </h2>
        <span className={styles.soft}>
          {preview.format}, {formatBytes(preview.bytes)}
        </span>
        <span className={styles.gap} />
        <Button type="submit" disabled={!isReady} loading={action.busy}>
          Import {counted(preview.documents, 'document')}
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          Cancel
        </Button>
      </header>
      {action.failure ? (
        <div className={styles.pad}>
          <FailureNote failure={action.failure} onRetry={load} onDismiss={action.clear} />
        </div>
      ) : null}
      <Section title="Name and use">
        <TextInput
          label="Name"
          dir="auto"
          maxLength={200}
          className={styles.nameField}
          value={name}
          onChange={(event) => setTypedName(event.currentTarget.value)}
        />
        <RoleBoxes held={roles} onChange={setRoles} />
      </Section>
      <Section title="Rows" note={isWorking ? 'reading…' : rowsNote(preview.rows, preview.documents)}>
        <MappingForm preview={preview} mapping={mapping} onChange={setMapping} failure={failure} onRetry={retry} />
        <div data-old={isWorking || failure !== null || undefined} className={styles.previewBox}>
          <PreviewTable preview={preview} />
        </div>
      </Section>
      <Section title="Left out and repaired">
        <RejectedRows preview={preview} />
      </Section>
    </form>
  )
}

function rowsNote(rows: number, documents: number): string {
  return `${counted(rows, 'row')}, ${counted(documents, 'document')} in use`
}
