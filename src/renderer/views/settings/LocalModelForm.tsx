import { Button, TextInput } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { ProviderView } from '../../../contract/workbench/providers.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './settings.module.css'

/** A language model in a folder that was chosen: its name, and what keeps it from being one. */
export function AddLocalModel({
  source,
  onOther,
  onDone,
}: {
  source: Grant
  onOther: () => unknown
  onDone: () => void
}) {
  const { client } = useRpc()
  const say = useSay()
  const action = useAction()
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const [name, setName] = useState(source.name.replace(/\.onnx$/i, ''))

  const add = () => {
    const controller = new AbortController()
    stop.current = controller
    return action.run(async () => {
      const options = { signal: controller.signal }
      const added = await client.providers.addLocalModel({ source: source.id, name: name.trim() }, options)
      say(`Added ${added.name}: it runs on this machine`)
      onDone()
    })
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <p className={styles.path}>{source.path}</p>
      <NameInput name={name} onChange={setName} />
      <p className={styles.note}>
        Our own engine runs it on this machine: nothing leaves, and there is no key. It needs a chat template; its
        weights are read once to tell it from others.
      </p>
      {action.busy && <ProgressLine label="Opening the model" />}
      {action.failure && <FailureNote failure={action.failure} />}
      <div className={styles.formEnd}>
        {action.failure && (
          <Button variant="default" onClick={() => void onOther()}>
            Choose another folder…
          </Button>
        )}
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" disabled={name.trim() === ''} loading={action.busy}>
          Add the model
        </Button>
      </div>
    </form>
  )
}

/** Another name for a language model in a folder. All else about it lies in its files. */
export function RenameLocalModel({ provider, onDone }: { provider: ProviderView; onDone: () => void }) {
  const { client } = useRpc()
  const action = useAction()
  const [name, setName] = useState(provider.name)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const { id, baseUrl, chatModel, embeddingModel, concurrency, plainHttpAllowed } = provider
    const draft = { id, name: name.trim(), baseUrl, chatModel, embeddingModel, concurrency, plainHttpAllowed }
    if (await action.run(() => client.providers.save(draft))) onDone()
  }
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <NameInput name={name} onChange={setName} />
      {action.failure && <FailureNote failure={action.failure} />}
      <div className={styles.formEnd}>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" disabled={name.trim() === ''} loading={action.busy}>
          Save the name
        </Button>
      </div>
    </form>
  )
}

function NameInput({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const field = useRef<HTMLInputElement>(null)
  // Also where it takes the place of another folder's, in a window that is open.
  useEffect(() => field.current?.focus(), [])
  return (
    <TextInput
      ref={field}
      label="Name"
      data-autofocus
      value={name}
      maxLength={200}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
