import { Button, Checkbox } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { TokensAndSeed } from '../prune/SweepForm.tsx'
import styles from '../prune/prune.module.css'

/** Starts the full measures of a plan on the data sets that have an evaluation role, all of them unless some are taken away. */
export function MeasureForm({ plan, title, onStarted }: { plan: PlanChoice; title: string; onStarted: () => void }) {
  const { client, orpc } = useRpc()
  const action = useAction()
  const [tokens, setTokens] = useState<number | null>(null)
  const [seed, setSeed] = useState(1)
  const [without, setWithout] = useState<readonly string[]>([])
  const sets = (useQuery(orpc.datasets.list.queryOptions()).data ?? []).filter(({ roles }) =>
    roles.some((role) => role.startsWith('evaluate-')),
  )
  const chosen = sets.flatMap(({ id }) => (without.includes(id) ? [] : [id]))
  const isNone = sets.length > 0 && chosen.length === 0
  const start = async () => {
    const datasets = chosen.length === sets.length ? null : chosen
    if (await action.run(() => client.runs.measure({ plan, tokens, seed, datasets }))) onStarted()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!isNone) void start()
      }}
    >
      <p>
        Measures <strong>{title}</strong> on data sets that have an evaluation role, beside the original model. Values
        of the original that were measured before are used again.
      </p>
      {sets.length > 1 && (
        <Checkbox.Group
          label="Data sets"
          value={chosen}
          onChange={(kept) => setWithout(sets.flatMap(({ id }) => (kept.includes(id) ? [] : [id])))}
        >
          <div className={styles.choices}>
            {sets.map(({ id, name }) => (
              <Checkbox key={id} value={id} label={name} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      <TokensAndSeed tokens={tokens} onTokens={setTokens} seed={seed} onSeed={setSeed} />
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <div className={styles.formFoot}>
        <span className={styles.missing} role="status">
          {isNone ? 'Choose at least one data set.' : ''}
        </span>
        <Button type="submit" loading={action.busy} disabled={isNone} data-autofocus>
          Measure fully
        </Button>
      </div>
    </form>
  )
}
