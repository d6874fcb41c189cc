import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import type { ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import styles from './review.module.css'

/** Notes on a neuron: others' as they are, one's own to change. */
export function ReviewNotes({
  reviewed,
  reviewer,
  onNoted,
}: {
  reviewed: ReviewedNeuron
  reviewer: string
  onNoted: (neuron: string) => void
}) {
  const { client } = useRpc()
  const action = useAction()
  const { neuron, notes } = reviewed
  const own = notes.find(({ author }) => author === reviewer)?.text ?? ''
  const [draft, setDraft] = useState<{ neuron: string; text: string } | null>(null)
  const text = draft?.neuron === neuron ? draft.text : own
  const save = async () => {
    const wanted = text.trim() === '' ? null : text.trim()
    if (!(await action.run(() => client.review.note({ neuron, text: wanted })))) return
    setDraft(null)
    onNoted(neuron)
  }
  return (
    <>
      {notes
        .filter(({ author }) => author !== reviewer)
        .map((note) => (
          <p key={note.author} className={styles.note}>
            <bdi>{note.text}</bdi> <span className={styles.soft}>{note.author}</span>
          </p>
        ))}
      <Textarea
        aria-label={`Your note on ${neuron}`}
        placeholder="A note of your own"
        // Grows by its own text: measuring it would lay the whole page out for every neuron.
        classNames={{ input: styles.noteField ?? '' }}
        dir="auto"
        value={text}
        onChange={(event) => setDraft({ neuron, text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
        }}
      />
      {text.trim() === own ? null : (
        <Button className={styles.below ?? ''} variant="default" loading={action.busy} onClick={() => void save()}>
          Save the note
        </Button>
      )}
      {action.failure ? <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} /> : null}
    </>
  )
}
