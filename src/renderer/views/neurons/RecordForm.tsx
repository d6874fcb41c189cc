import { Button, Checkbox, NumberInput, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Site } from '../../../contract/neuron.ts'
import { useCommands } from '../../app/commands.ts'
import { navigate } from '../../app/route.ts'
import { EmptyState } from '../../components/EmptyState.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

/** Chooses what is recorded, and says what that costs before it starts. */
export function RecordForm({ onStarted }: { onStarted: () => void }) {
  const { client, orpc } = useRpc()
  const commands = useCommands()
  const model = useQuery(orpc.model.current.queryOptions())
  const datasets = useQuery(orpc.datasets.list.queryOptions())
  const action = useAction()
  const [chosen, setChosen] = useState<string | null>(null)
  const [sites, setSites] = useState<readonly Site[]>(['mlp', 'attention'])
  const [tokens, setTokens] = useState<number | null>(null)
  const [window, setWindow] = useState<number>(64)
  const [seed, setSeed] = useState<number>(1)

  if (model.data === undefined || datasets.data === undefined) return null
  const card = model.data?.card ?? null
  if (model.data === null || card === null) {
    return (
      <EmptyState title="Open a model first" action={{ label: 'Go to the model', run: () => navigate('model') }}>
        {model.data?.problem ?? 'Neurons are recorded from the model of the workspace, and it has none yet.'}
      </EmptyState>
    )
  }
  const usable = datasets.data.filter((data) => data.kind !== 'cloze')
  if (usable.length === 0) {
    return (
      <EmptyState
        title="Import texts to probe with"
        action={{ label: 'Import data', run: () => commands.run('file.import-data') || navigate('data') }}
      >
        A recording needs a data set of running text or rows. Some ten thousand tokens of mixed text make a good start.
      </EmptyState>
    )
  }
  const dataset =
    usable.find(({ id }) => id === chosen) ?? usable.find(({ roles }) => roles.includes('probe')) ?? usable[0]!
  const known = dataset.tokens?.tokens ?? null
  const taken = tokens === null ? known : known === null ? tokens : Math.min(tokens, known)
  const counts = sites.map((site) => {
    const widths = card.neurons[site]
    const same = widths.every((width) => width === widths[0])
    const sum = widths.reduce((total, width) => total + width, 0)
    return { site, sum, text: same ? `${widths.length} layers × ${formatCount(widths[0] ?? 0)}` : formatCount(sum) }
  })
  const total = counts.reduce((sum, { sum: one }) => sum + one, 0)

  function toggle(site: Site, on: boolean) {
    setSites((held) => (on ? [...held, site] : held.filter((each) => each !== site)))
  }

  async function start() {
    const went = await action.run(() =>
      client.recordings.start({ dataset: dataset.id, tokens, window, sites: [...sites].sort().reverse(), seed }),
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
      <Select
        label="Texts"
        description="Statistics and examples of every neuron come from these."
        data={usable.map(({ id, name, roles }) => ({
          value: id,
          label: roles.includes('probe') ? `${name} (probe)` : name,
        }))}
        value={dataset.id}
        onChange={setChosen}
      />
      <fieldset className={styles.fieldset}>
        <legend>Neurons</legend>
        <Checkbox
          label={`mlp: inputs of the MLP's output projection (${formatCount(sumOf(card.neurons.mlp))})`}
          checked={sites.includes('mlp')}
          onChange={(event) => toggle('mlp', event.currentTarget.checked)}
        />
        <Checkbox
          label={`attention: inputs of the attention output projection (${formatCount(sumOf(card.neurons.attention))})`}
          checked={sites.includes('attention')}
          onChange={(event) => toggle('attention', event.currentTarget.checked)}
        />
      </fieldset>
      <div className={styles.fields}>
        <NumberInput
          label="Tokens"
          description="Empty takes all."
          placeholder={known === null ? 'all' : formatCount(known)}
          min={2}
          allowDecimal={false}
          thousandSeparator=","
          value={tokens ?? ''}
          onChange={(value) => setTokens(typeof value === 'number' && value > 0 ? value : null)}
        />
        <NumberInput
          label="Window"
          description="Tokens that see each other."
          min={2}
          max={card.contextLength}
          allowDecimal={false}
          value={window}
          onChange={(value) => setWindow(typeof value === 'number' ? value : 64)}
        />
        <NumberInput
          label="Seed"
          description="Of the sampled windows."
          allowDecimal={false}
          value={seed}
          onChange={(value) => setSeed(typeof value === 'number' ? value : 1)}
        />
      </div>
      <p className={styles.cost}>
        {sites.length === 0
          ? 'Choose at least one site.'
          : `${counts.map(({ site, text }) => `${site} ${text}`).join(' + ')} = ${formatCount(total)} neurons over ` +
            `${taken === null ? 'all tokens of the data' : `${formatCount(taken)} tokens`}: one pass of the model.`}
      </p>
      {action.failure ? <FailureNote failure={action.failure} onRetry={start} /> : null}
      <div className={styles.actions}>
        <Button type="submit" loading={action.busy} disabled={sites.length === 0}>
          Record {formatCount(total)} neurons
        </Button>
      </div>
    </form>
  )
}

function sumOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0)
}
