import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { formatSigned } from '../../components/numbers.ts'
import styles from './neurons.module.css'

/** Neurons that are active in the same windows; a click goes there. */
export function RelatedNeurons({ page, onGo }: { page: NeuronPage; onGo: (neuron: string) => void }) {
  if (page.related.length === 0) return <p className={styles.soft}>No other neuron varies with this one.</p>
  return (
    <>
      <p className={styles.soft}>Pearson correlation of the largest activations over the sampled windows.</p>
      <ul className={styles.related}>
        {page.related.map((other) => (
          <li key={other.neuron}>
            <button type="button" className={styles.relatedButton} onClick={() => onGo(other.neuron)}>
              <span className={styles.id}>{other.neuron}</span>
              <span className={styles.number}>{formatSigned(other.correlation)}</span>
              <bdi className={styles.concept}>{other.concept === '' ? 'no concept' : other.concept}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
