import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { usePickFile } from '../../components/FilePicker.tsx'
import { formatCount } from '../../components/numbers.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from './use-action.ts'
import styles from './neurons.module.css'

/** Saves the neurons that a file names as a plan, to measure, compare and export like any other. */
export function ImportPlan() {
  const { client } = useRpc()
  const pickFile = usePickFile()
  const action = useAction()
  const say = useSay()
  const [file, setFile] = useState<Grant | null>(null)
  const [name, setName] = useState('')

  const choose = async () => {
    const picked = await pickFile('data')
    if (picked === null) return
    setFile(picked)
    setName(picked.name.replace(/\.[^.]+$/, ''))
    action.clear()
  }
  const save = () =>
    file &&
    action.run(async () => {
      const plan = await client.exchange.importPlan({ file: file.id, name: name.trim() })
      say(`Saved the plan ${plan.name}: ${formatCount(plan.neurons)} neurons`)
      setFile(null)
    })

  return (
    <form
      className={styles.exchange}
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') void save()
      }}
    >
      <p className={styles.hint}>
        A plan file, a list of ids, or a JSON dictionary from layers to indices, as the code of SNIP keeps it.
      </p>
      <div className={styles.exchangeRow}>
        <Button variant="default" onClick={choose}>
          Choose a file of neurons…
        </Button>
        {file && <span className={styles.mono}>{file.name}</span>}
      </div>
      {file && (
        <div className={styles.exchangeRow}>
          <TextInput
            aria-label="Name of the plan"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            maxLength={200}
          />
          <Button type="submit" loading={action.busy} disabled={name.trim() === ''}>
            Save as a plan
          </Button>
        </div>
      )}
      {action.failure && <FailureNote failure={action.failure} onRetry={save} />}
    </form>
  )
}
