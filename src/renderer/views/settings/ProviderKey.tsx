import { Button, PasswordInput } from '@mantine/core'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import type { KeyState, ProviderView } from '../../../contract/workbench/providers.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './settings.module.css'

const places = {
  keychain: 'in the keychain',
  session: 'until the program ends',
  environment: 'from the environment',
} as const

/** A key goes in and never comes out: what is shown is whether one is set, and its last four characters. */
export function ProviderKey({ provider }: { provider: ProviderView }) {
  const { client } = useRpc()
  const action = useAction()
  // An action keeps its work for a retry, and the key with it.
  const [setting, setSetting] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [open, setOpen] = useState(false)
  const [isEmpty, setEmpty] = useState(true)
  // Not in the state of the page: the field is emptied as soon as the key is on its way.
  const field = useRef<HTMLInputElement>(null)
  const { id, name, key } = provider
  useEffect(() => {
    if (open) field.current?.focus()
  }, [open])

  const close = () => {
    if (field.current) field.current.value = ''
    setEmpty(true)
    setOpen(false)
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const typed = field.current?.value ?? ''
    if (typed.trim() === '') return
    if (field.current) field.current.value = ''
    setEmpty(true)
    setFailure(null)
    setSetting(true)
    try {
      await client.providers.setKey({ id, key: typed })
      close()
    } catch (error) {
      setFailure(failureOf(error))
      field.current?.focus()
    } finally {
      setSetting(false)
    }
  }
  return (
    <div className={styles.key}>
      <div className={styles.place}>
        <span>{keyWords(key)}</span>
        {!open && (
          <Button variant="default" size="compact-sm" onClick={() => setOpen(true)}>
            {key.state === 'set' ? 'Set another key' : 'Set a key'}
          </Button>
        )}
        {key.state !== 'absent' && key.where !== 'environment' && !open && (
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            loading={action.busy}
            onClick={() => void action.run(() => client.providers.removeKey({ id }))}
          >
            Remove the key
          </Button>
        )}
      </div>
      {key.note !== null && <p className={styles.note}>{key.note}</p>}
      {open && (
        <form className={styles.place} onSubmit={(event) => void save(event)}>
          <PasswordInput
            ref={field}
            aria-label={`Key of ${name}`}
            placeholder="Paste the key; Enter sets it"
            size="sm"
            w={320}
            maxLength={4096}
            autoComplete="off"
            spellCheck={false}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the key while it is typed' }}
            onChange={(event) => setEmpty(event.currentTarget.value.trim() === '')}
            onKeyDown={(event) => {
              if (event.key === 'Escape') close()
            }}
          />
          <Button type="submit" disabled={isEmpty} loading={setting}>
            Set the key
          </Button>
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
        </form>
      )}
      {failure && <FailureNote failure={failure} onDismiss={() => setFailure(null)} />}
      {action.failure && <FailureNote failure={action.failure} onDismiss={action.clear} />}
    </div>
  )
}

function keyWords({ state, lastFour, where }: KeyState): string {
  switch (state) {
    case 'set':
      return `Set${lastFour === null ? '' : `, ends in ${lastFour}`}${where === null ? '' : `, ${places[where]}`}`
    case 'locked':
      return 'Not readable: the keychain is locked'
    case 'garbage':
      return 'Not readable: what is kept is no key'
    default:
      return 'Not set'
  }
}
