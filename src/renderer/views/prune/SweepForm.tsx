import { Button, Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { readGrid } from './grid.ts'
import styles from './prune.module.css'

/** Measures rankings at many k, beside a random control of the same k. */
export function SweepForm({
  rankings,
  inUse,
  onStarted,
}: {
  rankings: readonly RankingInfo[]
  inUse: string
  onStarted: () => void
}) {
  const { client } = useRpc()
  const action = useAction()
  const [chosen, setChosen] = useState<string[]>([inUse])
  const [text, setText] = useState('0%, 0.5%, 1%, 2%, 5%, 10%, 20%')
  const [control, setControl] = useState(true)
  const [tokens, setTokens] = useState<number | null>(6400)
  const [seed, setSeed] = useState(1)
  const grid = readGrid(text)
  const problem = chosen.length === 0 ? 'Choose at least one ranking.' : 'problem' in grid ? grid.problem : null
  const points = 'grid' in grid ? grid.grid.length * (chosen.length + (control ? 1 : 0)) : 0
  const start = async () => {
    if (!('grid' in grid)) return
    const started = await action.run(() =>
      client.sweeps.start({ rankings: chosen, grid: grid.grid, control, tokens, seed }),
    )
    if (started) onStarted()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (problem === null) void start()
      }}
    >
      <Checkbox.Group label="Rankings" value={chosen} onChange={setChosen}>
        <div className={styles.choices}>
          {rankings.map((ranking) => (
            <Checkbox
              key={ranking.id}
              value={ranking.id}
              label={ranking.stale === null ? ranking.name : `${ranking.name} (out of date)`}
            />
          ))}
        </div>
      </Checkbox.Group>
      <TextInput
        label="Points"
        description="Percents of all neurons, or counts; 0% is the unpruned model"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={'problem' in grid ? grid.problem : null}
        data-autofocus
      />
      <Checkbox
        label="Random control with the same k"
        checked={control}
        onChange={(event) => setControl(event.currentTarget.checked)}
      />
      <TokensAndSeed tokens={tokens} onTokens={setTokens} seed={seed} onSeed={setSeed} />
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <div className={styles.formFoot}>
        <span className={styles.missing} role="status">
          {problem !== null && !('problem' in grid) ? problem : ''}
        </span>
        <Button type="submit" loading={action.busy} disabled={problem !== null}>
          Measure {points} {points === 1 ? 'point' : 'points'}
        </Button>
      </div>
    </form>
  )
}

/** How much text is measured, and the seed of the control and of the intervals. */
export function TokensAndSeed({
  tokens,
  onTokens,
  seed,
  onSeed,
}: {
  tokens: number | null
  onTokens: (tokens: number | null) => void
  seed: number
  onSeed: (seed: number) => void
}) {
  return (
    <div className={styles.group}>
      <NumberInput
        label="Tokens of each text"
        description="Empty for all"
        placeholder="all"
        value={tokens ?? ''}
        onChange={(next) => onTokens(typeof next === 'number' && next > 0 ? next : null)}
        thousandSeparator=","
        allowDecimal={false}
        min={0}
        step={6400}
        hideControls
        w={160}
      />
      <NumberInput
        label="Seed"
        description="Of control and intervals"
        value={seed}
        onChange={(next) => onSeed(typeof next === 'number' ? next : 1)}
        allowDecimal={false}
        hideControls
        w={160}
      />
    </div>
  )
}
