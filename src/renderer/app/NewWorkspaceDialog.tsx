import { Button, Modal, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { Failure } from '../../contract/failure.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { FailureNote } from '../components/FailureNote.tsx'
import { usePickFile } from '../components/FilePicker.tsx'
import { failureOf } from '../rpc/failure-of.ts'
import { useRpc } from '../rpc/rpc-context.tsx'
import { navigate } from './route.ts'
import { useSay } from './status.ts'
import styles from './Shell.module.css'

/** Asks for the name and the place of a new workspace. `onMade` goes on from there; the model view when left out. */
export function NewWorkspaceDialog({
  opened,
  onClose,
  onMade = () => navigate('model'),
}: {
  opened: boolean
  onClose: () => void
  onMade?: () => void
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="New workspace" size="md">
      <NewWorkspaceForm onClose={onClose} onMade={onMade} />
    </Modal>
  )
}

function NewWorkspaceForm({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { client } = useRpc()
  const pickFile = usePickFile()
  const say = useSay()
  const [name, setName] = useState('')
  const [parent, setParent] = useState<Grant | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [making, setMaking] = useState(false)

  const choose = async () => {
    const grant = await pickFile('new-workspace')
    if (grant) setParent(grant)
  }
  const make = async (event: FormEvent) => {
    event.preventDefault()
    if (!parent || name.trim() === '') return
    setMaking(true)
    setFailure(null)
    try {
      const state = await client.workspace.create({ parent: parent.id, name })
      say(`Made the workspace ${state.name} in ${state.path}.`)
      onClose()
      onMade()
    } catch (error) {
      setFailure(failureOf(error))
    } finally {
      setMaking(false)
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void make(event)}>
      <p className={styles.muted}>
        A workspace is a folder of your own: recordings, concepts, rankings, plans and exports.
      </p>
      <TextInput
        label="Name"
        description="Also the name of the folder"
        data-autofocus
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div>
        <p className={styles.label} id="new-workspace-place">
          Where
        </p>
        <div className={styles.inline}>
          <span className={styles.path}>{parent ? parent.path : 'No folder chosen'}</span>
          <Button variant="default" onClick={() => void choose()} aria-describedby="new-workspace-place">
            Choose a folder
          </Button>
        </div>
      </div>
      {failure && <FailureNote failure={failure} />}
      <div className={styles.formEnd}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!parent || name.trim() === ''} loading={making}>
          Make the workspace
        </Button>
      </div>
    </form>
  )
}
