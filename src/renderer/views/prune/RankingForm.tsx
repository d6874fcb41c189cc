import { Button, NumberInput, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { RankingInfo, RankingMethodInfo } from '../../../contract/workbench/rankings.ts'
import { navigate } from '../../app/route.ts'
import type { EmbedderId } from '../../../contract/workbench/embedders.ts'
import { BudgetFields, budgetOf, noBudget, type BudgetDraft } from '../../components/BudgetFields.tsx'
import { EmbedderField, firstEmbedder, useEmbedder } from '../../components/EmbedderField.tsx'
import { useIsCounting } from '../../components/EmbeddingNote.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { RateForm } from './RateForm.tsx'
import { fieldsOf, initialValues, problemOf } from './schema-form.ts'
import { SchemaFields } from './SchemaFields.tsx'
import styles from './prune.module.css'

/** More than a ranking of tens of thousands of concepts takes; a person may set another. */
const firstCap: BudgetDraft = { maxCost: null, maxTokens: 1_000_000 }

/** A new ranking, or an earlier one made anew: method, preset, parameters, and what the workspace still lacks for it. */
export function RankingForm({ from, onStarted }: { from: RankingInfo | null; onStarted: () => void }) {
  const { orpc } = useRpc()
  const methods = useQuery(orpc.rankings.methods.queryOptions())
  if (methods.error) return <FailureNote failure={failureOf(methods.error)} onRetry={() => methods.refetch()} />
  if (!methods.data) return <p className={styles.quiet}>Reading the methods</p>
  const first = methods.data.find((method) => method.id === from?.method) ?? bestOf(methods.data)
  if (!first) return <p>There is no ranking method.</p>
  return <Form methods={methods.data} first={first} from={from} onStarted={onStarted} />
}

/** The first that lacks nothing. */
function bestOf(methods: readonly RankingMethodInfo[]): RankingMethodInfo | undefined {
  return methods.find((method) => method.needs.every((need) => need.missing === null)) ?? methods[0]
}

function Form({
  methods,
  first,
  from,
  onStarted,
}: {
  methods: readonly RankingMethodInfo[]
  first: RankingMethodInfo
  from: RankingInfo | null
  onStarted: () => void
}) {
  const { client } = useRpc()
  const action = useAction()
  const [methodId, setMethodId] = useState(first.id)
  const method = methods.find((one) => one.id === methodId) ?? first
  const fields = fieldsOf(method.params)
  const firstPreset = from ? from.preset : (first.presets[0]?.id ?? null)
  const [preset, setPreset] = useState<string | null>(firstPreset)
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    initialValues(fieldsOf(first.params), from ? from.params : presetOf(first, firstPreset)),
  )
  const [seed, setSeed] = useState(from?.seed ?? 1)
  const [pair, setPair] = useState<{ forget: string | null; retain: string | null }>({ forget: null, retain: null })
  const [embedding, setEmbedding] = useState({
    ...firstEmbedder,
    ...(from?.embedder ? { embedder: from.embedder as EmbedderId } : {}),
    ...(from?.sends ? { provider: from.sends.provider } : {}),
  })
  const [budget, setBudget] = useState<BudgetDraft>(from?.sends ? (from.sends.budget ?? noBudget) : firstCap)
  const embedder = useEmbedder(embedding)
  const sends = embedding.embedder === 'openai-compatible'
  const embeds = method.needs.some(({ what }) => /words are weighted/.test(what))
  const isCounting = useIsCounting(embeds ? embedder.request.provider : null, 'ranking')
  const rates = method.needs.some(({ what }) => /ratings/i.test(what))
  const recordings = useRecordingPair(method)

  const choose = (id: string | null, nextPreset: string | null) => {
    const next = methods.find((one) => one.id === id) ?? method
    setMethodId(next.id)
    setPreset(nextPreset)
    setValues(initialValues(fieldsOf(next.params), presetOf(next, nextPreset)))
  }
  const forget = pair.forget ?? recordings.forget
  const retain = pair.retain ?? recordings.retain
  const missing = method.needs.filter((need) => need.missing !== null)
  const problem =
    problemOf(fields, values) ??
    (recordings.wanted && (forget === null || retain === null) ? 'Choose both recordings.' : null) ??
    (recordings.wanted && forget === retain ? 'Choose two different recordings.' : null) ??
    (embeds ? embedder.problem : null) ??
    (isCounting ? 'What would be sent is being counted.' : null)
  const start = async () => {
    const started = await action.run(() =>
      client.rankings.make({
        method: method.id,
        preset,
        params: values,
        seed,
        forget: recordings.wanted ? forget : null,
        retain: recordings.wanted ? retain : null,
        ...(embeds ? embedder.request : {}),
        budget: embeds && sends ? budgetOf(budget) : null,
        use: true,
      }),
    )
    if (started) onStarted()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (missing.length === 0 && problem === null) void start()
      }}
    >
      <Select
        label="Method"
        description={method.citation}
        data={methods.map((one) => ({ value: one.id, label: one.name }))}
        value={method.id}
        onChange={(id) => choose(id, methods.find((one) => one.id === id)?.presets[0]?.id ?? null)}
        data-autofocus
      />
      {method.presets.length > 0 && (
        <Select
          label="Preset"
          data={[...method.presets.map((one) => one.id), { value: '', label: 'none' }]}
          value={preset ?? ''}
          onChange={(id) => choose(method.id, id === '' ? null : id)}
        />
      )}
      <SchemaFields fields={fields} values={values} onChange={setValues} />
      {recordings.wanted && (
        <div className={styles.group}>
          <Select
            label="Recording of the forget data"
            data={recordings.options}
            value={forget}
            onChange={(id) => setPair({ ...pair, forget: id })}
          />
          <Select
            label="Recording of the retain data"
            data={recordings.options}
            value={retain}
            onChange={(id) => setPair({ ...pair, retain: id })}
          />
        </div>
      )}
      {embeds && <EmbedderField value={embedding} chosen={embedder} texts="ranking" onChange={setEmbedding} />}
      {embeds && sends && <BudgetFields embeds value={budget} provider={embedder.provider} onChange={setBudget} />}
      {rates && <RateForm />}
      <NumberInput
        label="Seed"
        description="For methods that draw at random"
        value={seed}
        onChange={(next) => setSeed(typeof next === 'number' ? next : 1)}
        allowDecimal={false}
        hideControls
        w={240}
      />
      {method.needs.length > 0 && <Needs method={method} />}
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <div className={styles.formFoot}>
        <span className={styles.missing} role="status">
          {missing.length > 0 ? 'Something is missing, see above.' : (problem ?? '')}
        </span>
        <Button type="submit" loading={action.busy} disabled={missing.length > 0 || problem !== null}>
          Rank neurons by {method.name.split(':')[0]}
        </Button>
      </div>
    </form>
  )
}

function presetOf(method: RankingMethodInfo, preset: string | null): Record<string, unknown> {
  return method.presets.find((one) => one.id === preset)?.params ?? {}
}

/** What the method needs, and what to do where it is not there. */
function Needs({ method }: { method: RankingMethodInfo }) {
  return (
    <ul className={styles.needs} aria-label="What the method needs">
      {method.needs.map((need) => {
        const place = placeOf(need.what)
        return (
          <li key={need.what} className={need.missing === null ? undefined : styles.missing}>
            <Icon name={need.missing === null ? 'check' : 'warning'} size={14} />
            <span>{need.missing === null ? `${need.what}: there` : need.missing}</span>
            {need.missing !== null && (
              <Button size="compact-xs" variant="default" onClick={() => navigate(place.view)}>
                {place.label}
              </Button>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function placeOf(need: string): { view: 'forget' | 'neurons' | 'data'; label: string } {
  if (/forget concepts/i.test(need)) return { view: 'forget', label: 'Open the forget set' }
  if (/concepts/i.test(need)) return { view: 'neurons', label: 'Open the neurons' }
  return { view: 'data', label: 'Open the data' }
}

/** Recordings for methods that compare two; the first guess is by the role of their data. */
function useRecordingPair(method: RankingMethodInfo) {
  const { orpc } = useRpc()
  const wanted = method.needs.some((need) => /recording of the (forget|retain)/i.test(need.what))
  const recordings = useQuery(orpc.recordings.list.queryOptions({ enabled: wanted })).data ?? []
  const datasets = useQuery(orpc.datasets.list.queryOptions({ enabled: wanted })).data ?? []
  const withRole = (role: 'forget' | 'retain') =>
    recordings.find((recording) =>
      datasets.some((dataset) => dataset.id === recording.dataset && dataset.roles.includes(role)),
    )?.id ?? null
  return {
    wanted,
    options: recordings.map(({ id, data, tokens, sites }) => ({
      value: id,
      label: `${data}, ${tokens.toLocaleString('en-US')} tokens, ${sites.join(' and ')}`,
    })),
    forget: withRole('forget'),
    retain: withRole('retain'),
  }
}
