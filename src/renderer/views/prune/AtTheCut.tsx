import { memo } from 'react'
import type { Pin } from '../../../contract/workbench/neurons.ts'
import { navigate } from '../../app/route.ts'
import { formatCount, formatNumber } from '../../components/numbers.ts'
import { neuronIdOf, type NeuronColumns } from '../neurons/neuron-columns.ts'
import type { PruningOrder } from './use-order.ts'
import styles from './prune.module.css'

/** Neurons shown on each side of the cut. */
const shownEachSide = 7

/** Row code for a neuron whose site was not recorded. */
const notRecorded = 0xffffffff

/** The last neurons that go and the first that stay, with their concepts; each opens, and can be pinned to either side. */
export const AtTheCut = memo(function AtTheCut({
  order,
  columns,
  k,
  onPin,
}: {
  order: PruningOrder
  columns: NeuronColumns
  k: number
  onPin: (neuron: string, pin: Pin | null) => void
}) {
  const from = Math.max(0, k - shownEachSide)
  const to = Math.min(order.rows.length, k + shownEachSide)
  const positions = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i)
  const row = (position: number) => (
    <NeuronRow key={position} position={position} order={order} columns={columns} onPin={onPin} />
  )
  return (
    <table className={styles.edge}>
      <caption className="visually-hidden">Neurons just inside and just outside the cut</caption>
      <colgroup>
        <col style={{ width: 44 }} />
        <col style={{ width: 96 }} />
        <col style={{ width: 60 }} />
        <col />
        <col style={{ width: 100 }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col" data-number>
            Rank
          </th>
          <th scope="col">Neuron</th>
          <th scope="col" data-number>
            Score
          </th>
          <th scope="col">Concept</th>
          <th scope="col">Pin</th>
        </tr>
      </thead>
      <tbody>
        {positions(from, Math.min(k, to)).map(row)}
        <tr className={styles.cutLine}>
          <td colSpan={5}>
            {k === 0 ? 'Nothing goes; from here on all stay' : `The first ${formatCount(k)} go; from here on they stay`}
          </td>
        </tr>
        {positions(k, to).map(row)}
      </tbody>
    </table>
  )
})

function NeuronRow({
  position,
  order,
  columns,
  onPin,
}: {
  position: number
  order: PruningOrder
  columns: NeuronColumns
  onPin: (neuron: string, pin: Pin | null) => void
}) {
  const row = order.rows[position] ?? notRecorded
  const score = order.scores[position] ?? Number.NaN
  const rank = formatCount(position + 1)
  if (row === notRecorded || row >= columns.rows) {
    return (
      <tr>
        <td data-number>{rank}</td>
        <td colSpan={4} className={styles.quiet}>
          A neuron of a site that was not recorded
        </td>
      </tr>
    )
  }
  const neuron = neuronIdOf(columns.layout, row)
  const concept = columns.concepts[row] ?? ''
  const pin = columns.pin[row] ?? 0
  return (
    <tr>
      <td data-number>{rank}</td>
      <td>
        <button type="button" className={styles.link} onClick={() => navigate('neurons', neuron)}>
          {neuron}
        </button>
      </td>
      <td data-number>{Number.isNaN(score) ? 'pinned' : formatNumber(score)}</td>
      <td title={concept} dir="auto">
        {concept === '' ? <span className={styles.quiet}>no concept</span> : concept}
      </td>
      <td>
        <span className={styles.pins} role="group" aria-label={`Pin ${neuron}`}>
          <button
            type="button"
            aria-pressed={pin === 1}
            title={`Always prune ${neuron}`}
            onClick={() => onPin(neuron, pin === 1 ? null : 'always')}
          >
            Always
          </button>
          <button
            type="button"
            aria-pressed={pin === 2}
            title={`Never prune ${neuron}`}
            onClick={() => onPin(neuron, pin === 2 ? null : 'never')}
          >
            Never
          </button>
        </span>
      </td>
    </tr>
  )
}
