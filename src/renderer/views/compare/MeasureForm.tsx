import { Button } from '@mantine/core'
import { useState } from 'react'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { TokensAndSeed } from '../prune/SweepForm.tsx'
import styles from '../prune/prune.module.css'

/** Starts the full measures of a plan on every evaluation data set. */
export function MeasureForm({ plan, title, onStarted }: { plan: PlanChoice; title: string; onStarted: () => void }) {
  const { client } = useRpc()
  const action = useAction()
  const [tokens, setTokens] = useState<number | null>(null)
  const [seed, setSeed] = useState(1)
  const start = async () => {
    if (await action.run(() => client.runs.measure({ plan, tokens, seed }))) onStarted()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void start()
      }}
    >
      <p>
        Measures <strong>{title}</strong> on every data set that has an evaluation role, beside the original model.
        Values of the original that were measured before are used again.
      </p>
      <TokensAndSeed tokens={tokens} onTokens={setTokens} seed={seed} onSeed={setSeed} />
      {action.failure && <FailureNote failure={action.failure} onRetry={start} />}
      <div className={styles.formFoot}>
        <span />
        <Button type="submit" loading={action.busy} data-autofocus>
          Measure fully
        </Button>
      </div>
    </form>
  )
}
