import { Button, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Dataset, Mapping, Role } from '../../../contract/workbench/datasets.ts'
import { useSay } from '../../app/status.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { counted } from './counted.ts'
import { DocumentBrowser } from './DocumentBrowser.tsx'
import { MappingForm } from './MappingForm.tsx'
import { PreviewTable } from './PreviewTable.tsx'
import { RejectedRows } from './RejectedRows.tsx'
import { RoleBoxes } from './RoleBoxes.tsx'
import { TokenCounts } from './TokenCounts.tsx'
import styles from './data.module.css'

interface DatasetDetailProps {
  readonly dataset: Dataset
  readonly onRemoved: (dataset: Dataset) => void
}

/** An imported data set: use, length, rows, documents. Every change is one edit that undo takes back. */
export function DatasetDetail({ dataset, onRemoved }: DatasetDetailProps) {
  const { client, orpc } = useRpc()
  const queries = useQueryClient()
  const say = useSay()
  const action = useAction()
  const shown = useQuery(orpc.datasets.show.queryOptions({ input: { id: dataset.id } }))
  const [name, setName] = useState<string | null>(null)
  const [wished, setWished] = useState<Role[] | null>(null)
  const { id } = dataset

  async function rename() {
    const newName = (name ?? '').trim()
    if (name === null || newName === '' || newName === dataset.name) return setName(null)
    await action.run(async () => {
      await client.datasets.change({ id, name: newName })
      say(`Renamed ${dataset.name} to ${newName}`)
      setName(null)
    })
  }

  /** Shows at once, and goes back when it is refused. */
  async function use(roles: Role[]) {
    const key = orpc.datasets.list.queryKey()
    await action.run(async () => {
      setWished(roles)
      const before = queries.getQueryData<Dataset[]>(key)
      queries.setQueryData<Dataset[]>(
        key,
        before?.map((each) => (each.id === id ? { ...each, roles } : each)),
      )
      try {
        await client.datasets.change({ id, roles })
      } catch (error) {
        queries.setQueryData(key, before)
        throw error
      } finally {
        setWished(null)
      }
    })
  }

  async function remove() {
    await action.run(async () => {
      await client.datasets.remove({ id })
      onRemoved(dataset)
    })
  }

  return (
    <div className={styles.detail}>
      <header className={styles.detailHead}>
        <TextInput
          aria-label="Name"
          className={styles.nameField}
          dir="auto"
          maxLength={200}
          value={name ?? dataset.name}
          onChange={(event) => setName(event.currentTarget.value)}
          onBlur={() => void rename()}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.currentTarget.blur()
            if (event.key === 'Escape') setName(null)
          }}
        />
        <span className={styles.soft}>
          {dataset.format}, {counted(dataset.documents, 'document')}
        </span>
        <span className={styles.gap} />
        <Button variant="default" onClick={() => void remove()} loading={action.busy}>
          Remove from the workspace
        </Button>
      </header>
      {dataset.problem === null ? null : (
        <div className={styles.pad}>
          <FailureNote failure={{ message: dataset.problem }} />
        </div>
      )}
      {action.failure ? (
        <div className={styles.pad}>
          <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />
        </div>
      ) : null}
      <Section title="Use">
        <RoleBoxes isTitled={false} held={wished ?? dataset.roles} onChange={(roles) => void use(roles)} />
      </Section>
      <Section title="Length in tokens">
        <TokenCounts dataset={dataset} />
      </Section>
      <Section title="Documents">
        <DocumentBrowser key={`${id} ${dataset.dataHash}`} dataset={dataset} />
      </Section>
      {dataset.kind === 'text' ? null : (
        <Section title="Rows" note="what is read from the file">
          {shown.error ? <FailureNote failure={failureOf(shown.error)} onRetry={() => shown.refetch()} /> : null}
          {shown.isPending ? <ProgressLine label="Reading the file" /> : null}
          {shown.data ? (
            <>
              <ChangeMapping key={dataset.dataHash} dataset={dataset} columns={shown.data.columns} />
              <PreviewTable preview={shown.data} />
            </>
          ) : null}
        </Section>
      )}
      {shown.data ? (
        <Section title="Left out and repaired">
          <RejectedRows preview={shown.data} />
        </Section>
      ) : null}
      <Section title="Where it lies">
        <p className={styles.place}>
          <bdi>{dataset.path}</bdi> <CopyButton text={dataset.path} label="Copy: place" />
        </p>
        <p className={styles.place}>
          data hash {dataset.dataHash} <CopyButton text={dataset.dataHash} label="Copy: data hash" />
        </p>
      </Section>
    </div>
  )
}

interface ChangeMappingProps {
  readonly dataset: Dataset
  readonly columns: { name: string; type: string }[]
}

/** Another column, condition or sample for a data set that is there already. */
function ChangeMapping({ dataset, columns }: ChangeMappingProps) {
  const { client } = useRpc()
  const say = useSay()
  const action = useAction()
  const [wished, setWished] = useState<Mapping>(dataset.mapping)
  const isChanged = JSON.stringify(wished) !== JSON.stringify(dataset.mapping)

  async function apply() {
    const went = await action.run(() => client.datasets.change({ id: dataset.id, mapping: wished }))
    if (went) say(`${dataset.name} is read differently now. What was made from it becomes out of date.`)
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void apply()
      }}
    >
      <MappingForm
        preview={{ kind: dataset.kind, columns }}
        mapping={wished}
        onChange={setWished}
        failure={action.failure}
        onRetry={apply}
      />
      {isChanged ? (
        <div className={styles.actions}>
          <Button type="submit" loading={action.busy}>
            Read it this way
          </Button>
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              action.clear()
              setWished(dataset.mapping)
            }}
          >
            Back to what it was
          </Button>
        </div>
      ) : null}
    </form>
  )
}
