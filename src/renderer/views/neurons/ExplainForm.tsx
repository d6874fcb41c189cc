import { Button, Checkbox, NumberInput, SegmentedControl, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Site } from '../../../contract/neuron.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { failureOf } from '../../rpc/failures.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { ExplainLlmForm } from './ExplainLlmForm.tsx'
import type { NeuronColumns } from './neuron-columns.ts'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

/** Asks for sentences, of word patterns here or of a language model. What a person wrote stays as it is. */
export function ExplainForm(props: { columns: NeuronColumns; onStarted: () => void }) {
  const [way, setWay] = useState('here')
  const sites = useMemo(() => [...new Set(props.columns.layout.map((run) => run.site))], [props.columns.layout])
  return (
    <>
      <SegmentedControl
        aria-label="Who explains"
        fullWidth
        mb="sm"
        data={[
          { value: 'here', label: 'Word patterns, on this machine' },
          { value: 'llm', label: 'A language model' },
        ]}
        value={way}
        onChange={setWay}
      />
      {way === 'here' ? <PatternForm {...props} /> : <ExplainLlmForm sites={sites} onStarted={props.onStarted} />}
    </>
  )
}

function PatternForm({ columns, onStarted }: { columns: NeuronColumns; onStarted: () => void }) {
  const { client, orpc } = useRpc()
  const explainers = useQuery(orpc.recordings.explainers.queryOptions())
  const action = useAction()
  const recorded = useMemo(() => [...new Set(columns.layout.map((run) => run.site))], [columns.layout])
  const [chosen, setChosen] = useState<string | null>(null)
  const [sites, setSites] = useState<readonly Site[]>(recorded)
  const [top, setTop] = useState<number | null>(null)
  const explainer = explainers.data?.find(({ id }) => id === chosen) ?? explainers.data?.[0]
  const unnamed = useMemo(() => countUnnamed(columns, sites), [columns, sites])
  const asked = top === null ? unnamed : Math.min(top, unnamed)

  async function start() {
    if (!explainer) return
    const went = await action.run(() =>
      client.recordings.explain({ explainer: explainer.id, sites: [...sites], top, seed: 1 }),
    )
    if (went) onStarted()
  }

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void start()
      }}
    >
      {explainers.error ? (
        <FailureNote failure={failureOf(explainers.error)} onRetry={() => explainers.refetch()} />
      ) : null}
      <Select
        label="Explainer"
        description={explainer?.citation}
        data={(explainers.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={explainer?.id ?? null}
        onChange={setChosen}
      />
      <fieldset className={styles.fieldset}>
        <legend>Neurons without a concept</legend>
        {recorded.map((site) => (
          <Checkbox
            key={site}
            label={`${site} (${formatCount(countUnnamed(columns, [site]))})`}
            checked={sites.includes(site)}
            onChange={(event) =>
              setSites(event.currentTarget.checked ? [...sites, site] : sites.filter((each) => each !== site))
            }
          />
        ))}
      </fieldset>
      <NumberInput
        label="At most"
        description="The most peaked come first. Empty takes all."
        placeholder={formatCount(unnamed)}
        min={1}
        allowDecimal={false}
        thousandSeparator=","
        value={top ?? ''}
        onChange={(value) => setTop(typeof value === 'number' && value > 0 ? value : null)}
      />
      {unnamed === 0 ? (
        <p className={styles.cost}>
          Every neuron of these sites has a concept already. Edit the ones you disagree with.
        </p>
      ) : null}
      {action.failure ? <FailureNote failure={action.failure} onRetry={start} /> : null}
      <div className={styles.actions}>
        <Button type="submit" loading={action.busy} disabled={asked === 0 || !explainer}>
          Explain {formatCount(asked)} neurons
        </Button>
      </div>
    </form>
  )
}

function countUnnamed(columns: NeuronColumns, sites: readonly Site[]): number {
  let count = 0
  for (const run of columns.layout) {
    if (!sites.includes(run.site)) continue
    for (let row = run.first; row < run.first + run.width; row++) if (columns.concepts[row] === '') count++
  }
  return count
}
