import type { ReviewedNeuron } from '../../../contract/workbench/review.ts'
import { Value } from '../../components/Value.tsx'
import styles from './review.module.css'

/** Every sentence that was written about the neuron, newest first, with whose it is. */
export function OtherSentences({ reviewed }: { reviewed: ReviewedNeuron }) {
  const all = [
    ...reviewed.sentences,
    ...(reviewed.edit === null ? [] : [{ ...reviewed.edit, at: reviewed.edit.at ?? 0, score: null }]),
  ]
    .toReversed()
    .toSorted((a, b) => b.at - a.at)
  if (all.length === 0) return <p className={styles.soft}>Nobody has written one yet.</p>
  return (
    <ul className={styles.list}>
      {all.map((sentence, i) => (
        <li key={`${sentence.author} ${sentence.at} ${i}`}>
          <bdi>{sentence.text}</bdi>{' '}
          <span className={styles.soft}>
            {sentence.author}
            {sentence.score === null ? null : (
              <>
                {', score '}
                <Value value={sentence.score} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  )
}
