import type { Comparison, Summary } from '../../contract/workbench/runs.ts'
import { styleOf, wordsOf } from './measure-words.ts'
import { formatCount } from './numbers.ts'
import { Value } from './Value.tsx'
import shapes from './shapes.module.css'
import styles from './MeasureTable.module.css'

/**
 * What a plan does, measure by measure: original, unlearned and the paired change, each with its interval. Every number
 * opens the units behind it.
 */
export function MeasureTable({
  comparisons,
  caption,
  open,
  onOpen,
}: {
  comparisons: readonly Comparison[]
  caption: string
  /** The measure whose examples are open. */
  open: Comparison | null
  onOpen: (comparison: Comparison) => void
}) {
  return (
    <div className={styles.box} tabIndex={0} role="region" aria-label={caption}>
      <table className={`${shapes.lined} ${styles.table}`}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Side</th>
            <th scope="col">Data</th>
            <th scope="col">Measure</th>
            <th scope="col" data-number>
              Change
            </th>
            <th scope="col" data-number className={styles.apart}>
              Original
            </th>
            <th scope="col" data-number className={styles.apart}>
              Unlearned
            </th>
            <th scope="col" data-number className={styles.both}>
              Original, unlearned
            </th>
            <th scope="col" data-number>
              Units
            </th>
          </tr>
        </thead>
        <tbody>
          {comparisons.map((comparison) => (
            <Row
              key={`${comparison.dataset}/${comparison.side}/${comparison.estimator}`}
              comparison={comparison}
              isOpen={open !== null && sameMeasure(open, comparison)}
              onOpen={() => onOpen(comparison)}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function sameMeasure(a: Comparison, b: Comparison): boolean {
  return a.dataset === b.dataset && a.side === b.side && a.estimator === b.estimator
}

function Row({ comparison, isOpen, onOpen }: { comparison: Comparison; isOpen: boolean; onOpen: () => void }) {
  const { name, side, estimator, original, unlearned, delta } = comparison
  const measure = wordsOf(estimator).name
  const about = `${name}, ${measure}`
  const first = <Number summary={original} about={`${about}, original`} onOpen={onOpen} />
  const second = <Number summary={unlearned} about={`${about}, unlearned`} onOpen={onOpen} />
  return (
    <tr data-open={isOpen || undefined}>
      <td>
        <span className={styles.side} data-side={side}>
          {side === 'forget' ? 'Forget' : 'Retain'}
        </span>
      </td>
      <th scope="row">{name}</th>
      <td>{measure}</td>
      <td data-number>
        {delta ? (
          <button type="button" className={styles.open} title={`Show the examples behind ${about}`} onClick={onOpen}>
            <Value value={delta.value} low={delta.low} high={delta.high} {...styleOf(estimator, true)} />
          </button>
        ) : (
          'none'
        )}
      </td>
      <td data-number className={styles.apart}>
        {first}
      </td>
      <td data-number className={styles.apart}>
        {second}
      </td>
      <td data-number className={styles.both}>
        {first}
        {second}
      </td>
      <td data-number>
        {unlearned.ok ? `${formatCount(unlearned.n)} ${unlearned.unit}${unlearned.n === 1 ? '' : 's'}` : ''}
      </td>
    </tr>
  )
}

function Number({ summary, about, onOpen }: { summary: Summary; about: string; onOpen: () => void }) {
  if (!summary.ok) {
    return (
      <span className={styles.failed} title={summary.failure.remedy ?? ''}>
        {summary.failure.message}
      </span>
    )
  }
  return (
    <button type="button" className={styles.open} title={`Show the examples behind ${about}`} onClick={onOpen}>
      <Value value={summary.value} low={summary.ci.low} high={summary.ci.high} {...styleOf(summary.estimator)} />
    </button>
  )
}
