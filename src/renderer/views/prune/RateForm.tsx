import { Button, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { EstimateInfo } from '../../../contract/workbench/explaining.ts'
import { isActive } from '../../app/use-workbench.ts'
import { BudgetFields, budgetOf, noBudget } from '../../components/BudgetFields.tsx'
import { EstimateNote } from '../../components/EstimateNote.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProviderSelect, useProvider } from '../../components/ProviderSelect.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { JobFollow, useJobOf } from './JobFollow.tsx'
import styles from './prune.module.css'

/** Has a language model rate every concept for the forget data, which the method llm-rated ranks by. */
export function RateForm() {
  const { client, orpc } = useRpc()
  const action = useAction()
  const datasets = useQuery(orpc.datasets.list.queryOptions()).data ?? []
  const job = useJobOf('rate')
  const [form, setForm] = useState({
    provider: null as string | null,
    dataset: null as string | null,
    budget: noBudget,
  })
  const [counted, setCounted] = useState<{ key: string; estimate: EstimateInfo } | null>(null)
  const chosen = useProvider(form.provider)
  const dataset = form.dataset ?? datasets.find(({ roles }) => roles.includes('forget'))?.id ?? null
  const request =
    chosen.provider === null || dataset === null ? null : { provider: chosen.provider.id, dataset, seed: 1 }
  const key = JSON.stringify(request)
  const estimate = counted?.key === key ? counted.estimate : null
  const start = () =>
    action.run(async () => {
      if (request === null) return
      if (estimate === null) setCounted({ key, estimate: await client.explaining.estimateRating(request) })
      else await client.explaining.rate({ ...request, budget: budgetOf(form.budget) })
    })
  return (
    <div className={styles.group}>
      <ProviderSelect {...chosen} onChange={(provider) => setForm({ ...form, provider })} />
      <Select
        label="Forget data"
        data={datasets.map(({ id, name, problem }) => ({ value: id, label: name, disabled: problem !== null }))}
        value={dataset}
        onChange={(id) => setForm({ ...form, dataset: id })}
      />
      <BudgetFields
        value={form.budget}
        provider={chosen.provider}
        onChange={(budget) => setForm({ ...form, budget })}
      />
      {estimate && (
        <EstimateNote
          estimate={estimate}
          what="Concepts and samples of the data"
          runsHere={chosen.provider?.kind === 'local-model'}
        />
      )}
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <Button
        variant="default"
        loading={action.busy}
        disabled={request === null || (job !== null && isActive(job))}
        onClick={() => void start()}
      >
        {estimate === null ? 'Count what rating costs' : 'Have the concepts rated'}
      </Button>
      <JobFollow kind="rate" />
    </div>
  )
}
