import type { NeuronPage } from '../../../contract/workbench/neurons.ts'
import { visiblePiece } from '../../components/TokenTextShade.ts'
import { formatSigned } from '../../components/numbers.ts'
import styles from './neurons.module.css'

/** Tokens whose logits the neuron's output row raises and lowers most, as two short lists. */
export function TokenLists({ page }: { page: NeuronPage }) {
  if (page.promoted === null || page.suppressed === null) {
    return <p className={styles.soft}>This neuron writes no row of its own to the logits.</p>
  }
  return (
    <div className={styles.lists}>
      <TokenList title="Raises" tokens={page.promoted} />
      <TokenList title="Lowers" tokens={page.suppressed} />
    </div>
  )
}

function TokenList({ title, tokens }: { title: string; tokens: NonNullable<NeuronPage['promoted']> }) {
  return (
    <div>
      <h4>{title}</h4>
      <ol className={styles.tokens}>
        {tokens.map((token) => (
          <li key={token.id}>
            <bdi className={styles.piece}>{marked(token.piece)}</bdi>
            <span className={styles.logit} title={`token ${token.id}: ${token.logit}`}>
              {formatSigned(token.logit)}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** A leading blank is part of the token and shows as a raised dot. */
function marked(piece: string): string {
  const { text, blank } = visiblePiece(piece)
  return blank ? text : text.replace(/^ +/, (blanks) => '·'.repeat(blanks.length)).replaceAll('\n', '⏎')
}
