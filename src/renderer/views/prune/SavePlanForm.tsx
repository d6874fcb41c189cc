import { Button, Radio, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { PlanChoice } from '../../../contract/workbench/model.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './prune.module.css'

/** Keeps the neurons of a cut under a name, whatever becomes of the ranking. */
export function SavePlanForm({
  plan,
  suggestion,
  onSaved,
}: {
  plan: PlanChoice
  suggestion: string
  onSaved: () => void
}) {
  const { client } = useRpc()
  const action = useAction()
  const say = useSay()
  const [name, setName] = useState(suggestion)
  const [replacement, setReplacement] = useState<'zero' | 'mean'>('zero')
  const save = async () => {
    const saved = await action.run(async () => {
      const made = await client.plans.save({ plan, name: name.trim(), replacement })
      say(`Saved the plan ${made.name}: ${made.neurons.toLocaleString('en-US')} neurons`)
    })
    if (saved) onSaved()
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') void save()
      }}
    >
      <TextInput
        label="Name of the plan"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        data-autofocus
      />
      <Radio.Group label="In the place of its neurons" value={replacement} onChange={(next) => setReplacement(next)}>
        <div className={styles.replacements}>
          <Radio value="zero" label="Zero" description="What the slider and its preview show." />
          <Radio
            value="mean"
            label="Their means"
            description="Each neuron stays at its mean over the recording in use. Measure, compare and export the saved plan to see what it does."
          />
        </div>
      </Radio.Group>
      {action.failure && <FailureNote failure={action.failure} onRetry={save} />}
      <div className={styles.formFoot}>
        <span />
        <Button type="submit" loading={action.busy} disabled={name.trim() === ''}>
          Save plan
        </Button>
      </div>
    </form>
  )
}
