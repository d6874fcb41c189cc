import { memo } from 'react'
import { formatCount, formatPercent } from '../../components/numbers.ts'
import type { LayerCounter } from './layer-counts.ts'
import shapes from '../../components/shapes.module.css'
import styles from './prune.module.css'

/** How much of each layer goes: a bar and its numbers, so that the list is its own table. */
export const LayerBars = memo(function LayerBars({ counter, k }: { counter: LayerCounter; k: number }) {
  const counts = counter.countsAt(k)
  const unplaced = counts[counter.layers.length] ?? 0
  // A site that is not ranked is left out; a layer of which nothing is ranked is shown with nothing.
  const sites = new Set(counter.layers.filter((_, index) => (counter.total[index] ?? 0) > 0).map(({ site }) => site))
  const shown = counter.layers.flatMap((layer, index) =>
    sites.has(layer.site) ? [{ layer, gone: counts[index] ?? 0 }] : [],
  )
  const most = Math.max(0.02, ...shown.map(({ layer, gone }) => gone / layer.width))
  return (
    <>
      <table className={`${shapes.bare} ${styles.layersTable}`}>
        <caption className="visually-hidden">Neurons that go, by layer</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">Layer</th>
            <th scope="col">Share of the layer</th>
            <th scope="col">Neurons that go</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ layer, gone }) => (
            <tr key={`${layer.site} ${layer.layer}`}>
              <th scope="row">
                {layer.site} {layer.layer}
              </th>
              <td className={styles.barCell} aria-hidden="true">
                <div className={styles.barTrack}>
                  <div className={styles.barFill} style={{ width: `${(100 * gone) / layer.width / most}%` }} />
                </div>
              </td>
              <td data-number>
                {formatCount(gone)} of {formatCount(layer.width)}
              </td>
              <td data-number className={styles.quiet}>
                {formatPercent(gone / layer.width)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.quiet}>A full bar is {formatPercent(most)} of a layer.</p>
      {unplaced > 0 && <p className={styles.quiet}>{formatCount(unplaced)} more go at a site that was not recorded.</p>}
    </>
  )
})
