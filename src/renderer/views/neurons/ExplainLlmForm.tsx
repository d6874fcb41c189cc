import { Button, Checkbox, NumberInput, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Site } from '../../../contract/neuron.ts'
import type { ExplainRequestInput, NeuronChoiceInput } from '../../../contract/workbench/explaining.ts'
import { BudgetFields, budgetOf, noBudget } from '../../components/BudgetFields.tsx'
import { EstimateNote } from '../../components/EstimateNote.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { ProviderSelect, useProvider } from '../../components/ProviderSelect.tsx'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

const unscored = 'none'
const mostPeaked = 'peaked'

/** Has a language model name neurons: candidates first, counted before anything is sent. */
export function ExplainLlmForm({ sites, onStarted }: { sites: readonly Site[]; onStarted: () => void }) {
  const { client, orpc } = useRpc()
  const options = useQuery(orpc.explaining.options.queryOptions())
  const rankings = useQuery(orpc.rankings.list.queryOptions())
  const action = useAction()
  const [form, setForm] = useState({
    provider: null as string | null,
    explainer: null as string | null,
    scorer: 'simulation-written',
    calibration: 'none',
    from: mostPeaked,
    count: 200,
    samples: 1,
    control: 0,
    inBatches: false,
    askAnew: false,
    budget: noBudget,
  })
  const [counted, setCounted] = useState<{
    key: string
    estimate: Awaited<ReturnType<typeof client.explaining.estimate>>
  } | null>(null)
  const chosen = useProvider(form.provider)
  const explainer = options.data?.explainers.find(({ id }) => id === form.explainer) ?? options.data?.explainers[0]
  const isServer = chosen.provider?.kind === 'server'
  const scorer = options.data?.scorers.find(({ id }) => id === form.scorer)
  const neurons: NeuronChoiceInput =
    form.from === mostPeaked
      ? { kind: 'peaked', sites: [...sites], count: form.count }
      : { kind: 'ranking', ranking: form.from, count: form.count }
  const request: ExplainRequestInput | null =
    chosen.provider === null || !explainer
      ? null
      : {
          provider: chosen.provider.id,
          explainer: explainer.id,
          scorer: form.scorer === unscored ? null : form.scorer,
          calibration: form.calibration,
          samples: form.samples,
          control: form.control,
          inBatches: form.inBatches && isServer,
          askAnew: form.askAnew,
          seed: 1,
          neurons,
        }
  const key = JSON.stringify(request)
  const estimate = counted?.key === key ? counted.estimate : null
  const isCounted = estimate !== null
  const end = useRef<HTMLDivElement>(null)
  // The form is longer than its window: what leaves the machine, and the button that sends it, must be seen.
  useEffect(() => {
    if (isCounted) end.current?.scrollIntoView({ block: 'end' })
  }, [isCounted])

  async function count() {
    if (request !== null) setCounted({ key, estimate: await client.explaining.estimate(request) })
  }
  async function submit() {
    if (request === null) return
    if (estimate === null) return void action.run(count)
    const went = await action.run(() => client.explaining.start({ ...request, budget: budgetOf(form.budget) }))
    if (!went) return
    // The next neurons take another count.
    setCounted(null)
    onStarted()
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      {options.error ? <FailureNote failure={failureOf(options.error)} onRetry={() => options.refetch()} /> : null}
      <ProviderSelect {...chosen} onChange={(provider) => setForm({ ...form, provider })} />
      <Select
        label="Explainer"
        description={explainer?.citation}
        data={(options.data?.explainers ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={explainer?.id ?? null}
        onChange={(id) => setForm({ ...form, explainer: id })}
        allowDeselect={false}
      />
      <Select
        label="Scorer"
        description={scorer?.citation ?? 'Sentences stand without a score.'}
        data={[
          { value: unscored, label: 'No score' },
          ...(options.data?.scorers ?? []).map(({ id, name }) => ({ value: id, label: name })),
        ]}
        value={form.scorer}
        onChange={(id) => setForm({ ...form, scorer: id ?? unscored })}
        allowDeselect={false}
      />
      {form.scorer.startsWith('simulation') ? (
        <Select
          label="Calibration"
          data={options.data?.calibrations ?? []}
          value={form.calibration}
          onChange={(calibration) => setForm({ ...form, calibration: calibration ?? 'none' })}
          allowDeselect={false}
        />
      ) : null}
      <Select
        label="Candidates"
        description="Neurons that a language model or a person has named are passed over: asking again takes the next ones."
        data={[
          { value: mostPeaked, label: 'The most peaked ones' },
          ...(rankings.data ?? []).map(({ id, name }) => ({ value: id, label: `First of ${name}` })),
        ]}
        value={form.from}
        onChange={(from) => setForm({ ...form, from: from ?? mostPeaked })}
        allowDeselect={false}
      />
      <NumberInput
        label="How many"
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={form.count}
        onChange={(value) => setForm({ ...form, count: typeof value === 'number' && value > 0 ? value : 1 })}
      />
      <Checkbox
        label="Ask anew where the answer was no concept"
        description="Otherwise neurons for which this explainer and model gave a refusal or the like are left out. Asked anew, each is sent, and paid, once more."
        checked={form.askAnew}
        onChange={(event) => setForm({ ...form, askAnew: event.currentTarget.checked })}
      />
      <NumberInput
        label="Sentences drawn for each"
        description="The one that scores best is kept"
        min={1}
        max={20}
        allowDecimal={false}
        value={form.samples}
        onChange={(value) => setForm({ ...form, samples: typeof value === 'number' && value > 0 ? value : 1 })}
      />
      <NumberInput
        label="Controls"
        description="Neurons on which the sentence of another neuron is scored as well"
        min={0}
        allowDecimal={false}
        value={form.control}
        onChange={(value) => setForm({ ...form, control: typeof value === 'number' ? value : 0 })}
      />
      {isServer ? (
        <Checkbox
          label="Hand in as batches"
          description="The server answers within a day, for half the price at OpenAI. What a batch leaves unanswered is asked for one by one."
          checked={form.inBatches}
          onChange={(event) => setForm({ ...form, inBatches: event.currentTarget.checked })}
        />
      ) : null}
      <BudgetFields
        value={form.budget}
        provider={chosen.provider}
        onChange={(budget) => setForm({ ...form, budget })}
      />
      {estimate ? (
        <EstimateNote
          estimate={estimate}
          what="Windows of the probing data with activations"
          runsHere={chosen.provider?.kind === 'local-model'}
          leftOut={estimate.leftOut}
        />
      ) : null}
      {action.failure ? <FailureNote failure={action.failure} onRetry={submit} /> : null}
      <div className={styles.actions} ref={end}>
        <Button type="submit" loading={action.busy} disabled={request === null}>
          {estimate === null ? 'Count tokens and cost' : `Explain ${formatCount(estimate.neurons)} neurons`}
        </Button>
      </div>
    </form>
  )
}
