import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { Value } from '../../components/Value.tsx'
import styles from './neurons.module.css'

/** How each kind of score is made, in a sentence or two. */
const ways: Record<string, string> = {
  'pearson-lexical':
    'Pearson correlation, pooled over all tokens of windows held out from the explainer, between the activations that the ' +
    'sentence predicts and the real ones. 1 is perfect, 0 is no relation. Switch on "Simulated" below to see both.',
}

const authors: Record<string, string> = { lexical: 'the lexical explainer', person: 'you' }

/** The concept's score, and behind it how it came about. */
export function ConceptScore({ page }: { page: NeuronPage }) {
  const { score, scoreKind, reason, author, status } = page.concept
  if (status === 'none') return null
  return (
    <details className={styles.score}>
      <summary>
        Score {score === null ? <span className={styles.soft}>not scored</span> : <Value value={score} />}
        <span className={styles.soft}>
          {' '}
          · {status}
          {author === null ? '' : ` · by ${authors[author] ?? author}`} · how it was scored
        </span>
      </summary>
      <p>
        {scoreKind === null ? 'No scorer has looked at it.' : (ways[scoreKind] ?? `Scored by ${scoreKind}.`)}
        {reason === null ? '' : ` No score: ${reason}.`}
      </p>
      {scoreKind === null ? null : <p className={styles.soft}>Kind: {scoreKind}</p>}
    </details>
  )
}
