import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Dataset, Role } from '../../../contract/workbench/datasets.ts'
import type { ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import { navigate } from '../../app/route.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { JobFollow, useJobOf } from '../prune/JobFollow.tsx'
import { isActive } from '../../app/use-workbench.ts'
import styles from './forget.module.css'

/** Reads concepts from data: what it says by contrast with reference text. */
export function ExtractForm({ side }: { side: ConceptSide }) {
  const { client, orpc } = useRpc()
  const action = useAction()
  const datasets = useQuery(orpc.datasets.list.queryOptions())
  const extractors = useQuery(orpc.forgetConcepts.extractors.queryOptions())
  const [form, setForm] = useState<{ forget: string | null; reference: string | null; extractor: string | null }>({
    forget: null,
    reference: null,
    extractor: null,
  })
  const job = useJobOf('extract')
  const error = datasets.error ?? extractors.error
  if (error) return <FailureNote failure={failureOf(error)} onRetry={() => datasets.refetch()} />
  const list = datasets.data ?? []
  const [own, other] = side === 'forget' ? (['forget', 'retain'] as const) : (['retain', 'forget'] as const)
  const forget = form.forget ?? withRole(list, own)
  const reference = form.reference ?? withRole(list, other) ?? withRole(list, 'probe')
  const extractor = extractors.data?.find((one) => one.id === form.extractor) ?? extractors.data?.[0] ?? null
  const problem =
    list.length === 0
      ? 'No data yet: import what should be forgotten, and some text to set it against.'
      : forget === null
        ? side === 'forget'
          ? 'Choose what should be forgotten.'
          : 'Choose what must stay.'
        : reference === null
          ? 'Choose the text to set it against.'
          : forget === reference
            ? `The reference must be other data than ${side === 'forget' ? 'the forget set' : 'what must stay'}.`
            : null
  const start = () =>
    action.run(async () => {
      if (forget !== null && reference !== null && extractor !== null) {
        await client.forgetConcepts.extract({ forget, reference, extractor: extractor.id, side })
      }
    })
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (problem === null) void start()
      }}
    >
      <Select
        label={side === 'forget' ? 'Forget set' : 'Data that must stay'}
        data={optionsOf(list)}
        value={forget}
        onChange={(id) => setForm({ ...form, forget: id })}
        placeholder="Choose data"
      />
      <Select
        label="Reference"
        description="Text that it is set against"
        data={optionsOf(list)}
        value={reference}
        onChange={(id) => setForm({ ...form, reference: id })}
        placeholder="Choose data"
      />
      <Select
        label="Extractor"
        description={extractor?.citation}
        data={(extractors.data ?? []).map((one) => ({ value: one.id, label: one.name }))}
        value={extractor?.id ?? null}
        onChange={(id) => setForm({ ...form, extractor: id })}
      />
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <p className={styles.quiet} role="status">
        {problem}
      </p>
      {list.length === 0 ? (
        <Button variant="default" onClick={() => navigate('data')}>
          Open the data
        </Button>
      ) : (
        <Button
          type="submit"
          variant="default"
          loading={action.busy}
          disabled={problem !== null || (job !== null && isActive(job))}
        >
          {`Extract ${side} concepts`}
        </Button>
      )}
      <JobFollow kind="extract" />
    </form>
  )
}

function withRole(datasets: readonly Dataset[], role: Role): string | null {
  return datasets.find((dataset) => dataset.roles.includes(role) && dataset.problem === null)?.id ?? null
}

function optionsOf(datasets: readonly Dataset[]) {
  return datasets.map(({ id, name, problem }) => ({
    value: id,
    label: problem === null ? name : `${name} (cannot be read)`,
    disabled: problem !== null,
  }))
}
