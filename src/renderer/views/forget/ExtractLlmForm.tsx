import { Button, NumberInput, Select, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import type { EstimateInfo } from '../../../contract/workbench/explaining.ts'
import { isActive } from '../../app/use-workbench.ts'
import { BudgetFields, budgetOf, noBudget } from '../../components/BudgetFields.tsx'
import { EstimateNote } from '../../components/EstimateNote.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProviderSelect, useProvider } from '../../components/ProviderSelect.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { JobFollow, useJobOf } from '../prune/JobFollow.tsx'
import { firstMerge, MergeDrawsField, useMerge } from './MergeDrawsField.tsx'
import styles from './forget.module.css'

/** Has a language model list the concepts of data, with SNIP's prompt and examples that can be edited. */
export function ExtractLlmForm({ side }: { side: ConceptSide }) {
  const { client, orpc } = useRpc()
  const action = useAction()
  const datasets = useQuery(orpc.datasets.list.queryOptions())
  const extractor = useQuery(orpc.forgetConcepts.languageModelExtractor.queryOptions())
  const job = useJobOf('extract-llm')
  const [form, setForm] = useState({
    provider: null as string | null,
    data: null as string | null,
    preset: 'corrected',
    draws: null as number | null,
    examples: null as string | null,
    merge: firstMerge,
    budget: noBudget,
  })
  const [counted, setCounted] = useState<{ key: string; estimate: EstimateInfo } | null>(null)
  const chosen = useProvider(form.provider)
  const merge = useMerge(form.merge, chosen.provider)
  const list = datasets.data ?? []
  const role = side === 'forget' ? 'forget' : 'retain'
  const data = form.data ?? list.find(({ roles, problem }) => roles.includes(role) && problem === null)?.id ?? null
  const examples = form.examples ?? (extractor.data?.examples ?? []).join('\n')
  const request =
    chosen.provider === null || data === null
      ? null
      : {
          side,
          data,
          provider: chosen.provider.id,
          preset: form.preset,
          seed: 1,
          params: {
            ...(form.draws === null ? {} : { draws: form.draws }),
            ...(form.examples === null ? {} : { examples: linesOf(form.examples) }),
          },
        }
  const params = extractor.data?.presets.find(({ id }) => id === form.preset)?.params
  const isMerged = (form.draws ?? Number(params?.['draws'] ?? 1)) > 1
  const lacks = isMerged ? merge.problem : null
  const key = JSON.stringify(request)
  const estimate = counted?.key === key ? counted.estimate : null
  const submit = () =>
    action.run(async () => {
      if (request === null) return
      if (estimate === null) setCounted({ key, estimate: await client.forgetConcepts.estimateExtraction(request) })
      else {
        const how = isMerged ? merge.request : {}
        await client.forgetConcepts.extractWithLanguageModel({ ...request, ...how, budget: budgetOf(form.budget) })
      }
    })
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {extractor.error && <FailureNote failure={failureOf(extractor.error)} onRetry={() => extractor.refetch()} />}
      <ProviderSelect {...chosen} onChange={(provider) => setForm({ ...form, provider })} />
      <Select
        label={side === 'forget' ? 'Data whose concepts shall go' : 'Data whose concepts must stay'}
        data={list.map(({ id, name, problem }) => ({ value: id, label: name, disabled: problem !== null }))}
        value={data}
        onChange={(id) => setForm({ ...form, data: id })}
        placeholder="Choose data"
      />
      <Select
        label="Preset"
        description={extractor.data?.citation}
        data={(extractor.data?.presets ?? []).map(({ id }) => id)}
        value={form.preset}
        onChange={(preset) => setForm({ ...form, preset: preset ?? 'corrected' })}
        allowDeselect={false}
      />
      <NumberInput
        label="Draws"
        description="A weight is the share of draws that name a concept. Empty takes the preset's."
        min={1}
        max={20}
        allowDecimal={false}
        value={form.draws ?? ''}
        onChange={(draws) => setForm({ ...form, draws: typeof draws === 'number' && draws > 0 ? draws : null })}
      />
      {isMerged && (
        <MergeDrawsField
          provider={chosen.provider}
          chosen={merge}
          onChange={(next) => setForm({ ...form, merge: next })}
        />
      )}
      <Textarea
        label="Examples of neuron concepts, one a line"
        description="The published ten lean towards verbs"
        rows={4}
        value={examples}
        onChange={(event) => setForm({ ...form, examples: event.currentTarget.value })}
      />
      <BudgetFields
        value={form.budget}
        provider={chosen.provider}
        onChange={(budget) => setForm({ ...form, budget })}
      />
      {estimate && (
        <EstimateNote
          estimate={estimate}
          what={
            isMerged && merge.by === 'openai-compatible'
              ? 'Samples of the data, and concepts found in them,'
              : 'Samples of the data'
          }
          runsHere={chosen.provider?.kind === 'local-model'}
        />
      )}
      {action.failure && <FailureNote failure={action.failure} onRetry={submit} />}
      {lacks !== null && <p role="status">{lacks}</p>}
      <Button
        type="submit"
        variant="default"
        loading={action.busy}
        disabled={request === null || lacks !== null || (job !== null && isActive(job))}
      >
        {estimate === null ? 'Count tokens and cost' : `Ask for ${side} concepts`}
      </Button>
      <JobFollow kind="extract-llm" />
    </form>
  )
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
