import { Button, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './forget.module.css'

/** A new concept by hand: Enter adds it and keeps the box for the next. */
export function AddConcept({ side }: { side: ConceptSide }) {
  const { client } = useRpc()
  const list = side === 'forget' ? client.forgetConcepts : client.protectedConcepts
  const action = useAction()
  const [text, setText] = useState('')
  const add = async () => {
    const sentence = text.trim()
    if (sentence === '') return
    if (await action.run(() => list.add({ text: sentence, weight: 1 }))) setText('')
  }
  return (
    <>
      <form
        className={styles.add}
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <TextInput
          aria-label={`New ${side} concept`}
          placeholder={`A sentence that says what ${side === 'forget' ? 'should be forgotten' : 'must stay'}`}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={10_000}
          dir="auto"
        />
        <Button type="submit" variant="default" loading={action.busy} disabled={text.trim() === ''}>
          Add concept
        </Button>
      </form>
      {action.failure && (
        <div className={styles.notes}>
          <FailureNote failure={action.failure} onRetry={add} onDismiss={action.clear} />
        </div>
      )}
    </>
  )
}
