import { Button, Textarea, Tooltip } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import type { Pin } from '../../../contract/workbench/neurons.ts'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Icon } from '../../components/Icon.tsx'
import { KeyHint } from '../../components/KeyHint.tsx'
import type { EditWishes } from './use-edit-wish.ts'
import type { NeuronEdits } from './use-neuron-edits.ts'
import styles from './neurons.module.css'

export interface ConceptEditorProps {
  readonly page: NeuronPage
  readonly edits: NeuronEdits
  /** Wishes to edit that come from elsewhere (key E), perhaps before this page was there. */
  readonly wishes: EditWishes
  /** The field was left, saved or not: the keyboard goes back to where it came from. */
  readonly onLeave: () => void
}

/** The concept in place: click or E to edit, Enter saves, Esc goes back. What the explainer wrote stays beside an edit. */
export function ConceptEditor({ page, edits, wishes, onLeave }: ConceptEditorProps) {
  const { neuron, concept, pin } = page
  const [draft, setDraft] = useState<string | null>(null)
  const [seen, setSeen] = useState(neuron)
  const isWished = wishes.wish?.neuron === neuron
  if (seen !== neuron) {
    setSeen(neuron)
    setDraft(null)
  } else if (isWished && draft === null) setDraft(concept.text)
  async function save() {
    const text = (draft ?? '').trim()
    if (text === '' || text === concept.text) leave()
    else if (await edits.editConcept(neuron, text)) leave()
  }

  function leave() {
    edits.action.clear()
    setDraft(null)
    onLeave()
  }

  const pinning = (value: Pin) => () => edits.pin([neuron], pin === value ? null : value)
  return (
    <div className={styles.conceptBox}>
      {draft !== null ? (
        <div>
          <ConceptField
            label={`Concept of ${neuron}`}
            value={draft}
            isWished={isWished}
            onArrive={wishes.take}
            onChange={setDraft}
            onSave={() => void save()}
            onLeave={leave}
          />
          <div className={styles.actions}>
            <Button onClick={() => void save()} loading={edits.action.busy} disabled={draft.trim() === ''}>
              Save concept
            </Button>
            <Button variant="subtle" color="gray" onClick={leave}>
              Back to what it was
            </Button>
            <span className={styles.keys}>
              <KeyHint shortcut="enter" /> saves, <KeyHint shortcut="escape" /> goes back
            </span>
          </div>
        </div>
      ) : (
        <div className={styles.conceptLine}>
          <p className={styles.conceptText} data-empty={concept.text === '' || undefined} dir="auto">
            {concept.text === '' ? (concept.reason ?? 'No concept yet') : concept.text}
          </p>
          <button
            type="button"
            className={styles.link}
            title="Edit the concept (E)"
            onClick={() => setDraft(concept.text)}
          >
            Edit<span className="visually-hidden"> the concept</span>
          </button>
        </div>
      )}
      {edits.action.failure ? (
        <FailureNote
          failure={edits.action.failure}
          onRetry={draft === null ? edits.action.retry : save}
          onDismiss={edits.action.clear}
        />
      ) : null}
      {concept.suggestion !== null && concept.suggestion !== concept.text ? (
        <p className={styles.suggestion}>
          <span className={styles.soft}>The explainer wrote:</span> <bdi>{concept.suggestion}</bdi>{' '}
          <button type="button" className={styles.link} onClick={() => void edits.revertConcept(neuron)}>
            Go back to it
          </button>
        </p>
      ) : null}
      <div className={`${styles.actions} ${styles.review}`} role="group" aria-label="Review and pin">
        <Choice
          label="Accept"
          keys="A"
          on={concept.status === 'accepted'}
          disabled={concept.text === ''}
          run={() => edits.review([neuron], concept.status === 'accepted' ? 'suggested' : 'accepted')}
        />
        <Choice
          label="Reject"
          keys="R"
          on={concept.status === 'rejected'}
          disabled={concept.text === ''}
          run={() => edits.review([neuron], concept.status === 'rejected' ? 'suggested' : 'rejected')}
        />
        <span className={styles.gap} />
        <Choice label="Always prune" keys="P" on={pin === 'always'} run={pinning('always')} />
        <Choice label="Never prune" keys="N" on={pin === 'never'} run={pinning('never')} />
      </div>
    </div>
  )
}

interface ConceptFieldProps {
  readonly label: string
  readonly value: string
  /** True while keys that were pressed before the field was there are meant for it. */
  readonly isWished: boolean
  /** Gives what was typed before the field was there. */
  readonly onArrive: () => string
  readonly onChange: (text: string) => void
  readonly onSave: () => void
  readonly onLeave: () => void
}

/** A field for a concept: Enter saves, Shift+Enter breaks the line, Esc goes back. */
export function ConceptField({ label, value, isWished, onArrive, onChange, onSave, onLeave }: ConceptFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.select(), [])
  useEffect(() => {
    if (!isWished) return
    field.current?.focus()
    const typed = onArrive()
    if (typed !== '') onChange(typed)
  }, [isWished, onArrive, onChange])
  return (
    <Textarea
      ref={field}
      aria-label={label}
      autosize
      minRows={2}
      maxRows={12}
      dir="auto"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
          event.preventDefault()
          onSave()
        } else if (event.key === 'Escape') {
          event.stopPropagation()
          onLeave()
        }
      }}
    />
  )
}

interface ChoiceProps {
  readonly label: string
  readonly keys: string
  readonly on: boolean
  readonly disabled?: boolean
  readonly run: () => unknown
}

function Choice({ label, keys, on, disabled = false, run }: ChoiceProps) {
  return (
    <Tooltip label={`${on ? `Take back: ${label.toLowerCase()}` : label} (${keys})`}>
      <Button
        variant={on ? 'filled' : 'default'}
        aria-pressed={on}
        disabled={disabled}
        leftSection={on ? <Icon name="check" size={12} /> : undefined}
        onClick={() => void run()}
      >
        {label}
      </Button>
    </Tooltip>
  )
}
