import { useState } from 'react'
import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import type { ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { KeyHint } from '../../components/KeyHint.tsx'
import { Value } from '../../components/Value.tsx'
import { CopyButton } from '../../components/CopyButton.tsx'
import { ConceptField } from '../neurons/ConceptEditor.tsx'
import type { EditWishes } from '../neurons/use-edit-wish.ts'
import styles from './review.module.css'

export interface ReviewConceptProps {
  readonly page: NeuronPage
  readonly reviewed: ReviewedNeuron | null
  /** Why the neuron stands here; null for one that is not in the queue. */
  readonly reason: string | null
  readonly wishes: EditWishes
  /** What was typed and could not be saved; null for nothing. */
  readonly typed: string | null
  readonly onSave: (text: string) => void
  readonly onTake: () => void
  /** The field was left without saving. */
  readonly onLeave: () => void
}

const words: Readonly<Record<string, string>> = { none: 'no concept', suggested: 'not reviewed' }

/** The concept, large; E edits it in place. A newer suggestion stands beside what a person wrote. */
export function ReviewConcept({ page, reviewed, reason, wishes, typed, onSave, onTake, onLeave }: ReviewConceptProps) {
  const { neuron, concept, pin } = page
  const [draft, setDraft] = useState<string | null>(null)
  const [seen, setSeen] = useState(neuron)
  const isWished = wishes.wish?.neuron === neuron
  if (seen !== neuron) {
    setSeen(neuron)
    setDraft(null)
  } else if (isWished && draft === null) setDraft(typed ?? concept.text)
  const leave = () => {
    setDraft(null)
    onLeave()
  }
  const save = () => {
    const text = (draft ?? '').trim()
    setDraft(null)
    if (text === '' || text === concept.text) onLeave()
    else onSave(text)
  }
  const author = reviewed?.verdict?.author ?? concept.author
  return (
    <div className={styles.concept}>
      <h2 className="visually-hidden">Neuron {neuron}</h2>
      <p className={styles.facts}>
        <span className={styles.name}>
          {neuron} <CopyButton text={neuron} label={`Copy the id ${neuron}`} />
        </span>
        {reason === null ? <span>not in this queue</span> : <span className={styles.reason}>{reason}</span>}
        <span data-status={concept.status} className={styles.status}>
          {words[concept.status] ?? concept.status}
          {author === null || concept.status === 'none' ? '' : ` · ${author}`}
        </span>
        <span>score {concept.score === null ? 'none' : <Value value={concept.score} />}</span>
        {pin === null ? null : (
          <span className={styles.pin} data-pin={pin}>
            {pin} prune
          </span>
        )}
      </p>
      {draft === null ? (
        <p className={styles.text} dir="auto" data-empty={concept.text === '' || undefined}>
          {concept.text === '' ? (concept.reason ?? 'No concept yet') : concept.text}
        </p>
      ) : (
        <div className={styles.field}>
          <ConceptField
            label={`Concept of ${neuron}`}
            value={draft}
            isWished={isWished}
            onArrive={wishes.take}
            onChange={setDraft}
            onSave={save}
            onLeave={leave}
          />
          <p className={styles.soft}>
            <KeyHint shortcut="enter" /> saves and goes on, <KeyHint shortcut="escape" /> leaves it as it was
          </p>
        </div>
      )}
      {concept.suggestion !== null && concept.suggestion !== concept.text ? (
        <p className={styles.suggestion}>
          <span className={styles.soft}>
            {reviewed?.hasNewer ? 'A newer suggestion of the explainer:' : 'The explainer wrote:'}
          </span>{' '}
          <bdi>{concept.suggestion}</bdi>{' '}
          <button type="button" className={styles.link} onClick={onTake}>
            Take it
          </button>
        </p>
      ) : null}
    </div>
  )
}
