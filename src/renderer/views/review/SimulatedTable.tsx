import type { SimulatedEvidenceWindow } from '../../../contract/workbench/review.ts'
import { visiblePiece } from '../../components/TokenTextShade.ts'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import shapes from '../../components/shapes.module.css'
import styles from './review.module.css'

/** Every token of the scored windows with both numbers. */
export function SimulatedTable({ windows }: { windows: readonly SimulatedEvidenceWindow[] }) {
  return (
    <div className={styles.examples} tabIndex={0} role="region" aria-label="Real and simulated activations, as a table">
      <table className={shapes.lined}>
        <caption className="visually-hidden">Real and simulated activations of every token</caption>
        <thead>
          <tr>
            <th scope="col">Window</th>
            <th scope="col">Token</th>
            <th scope="col" data-number>
              Real
            </th>
            <th scope="col" data-number>
              Simulated
            </th>
          </tr>
        </thead>
        <tbody>
          {windows.flatMap(({ row, tokenStart, isTop, pieces, activations, simulated }) =>
            pieces.map((piece, at) => (
              <tr key={`${row ?? ''}:${tokenStart}:${at}`}>
                <td className={styles.window}>
                  {isTop ? 'strongest' : 'random'}
                  {row === null ? '' : `, row ${formatCount(row)}`}, token {formatCount(tokenStart + at)}
                </td>
                <td className={styles.piece}>
                  <bdi>{visiblePiece(piece).text.replaceAll('\n', '⏎')}</bdi>
                </td>
                <td data-number>{formatNumber(activations[at] ?? Number.NaN)}</td>
                <td data-number>{formatNumber(simulated[at] ?? Number.NaN)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  )
}
