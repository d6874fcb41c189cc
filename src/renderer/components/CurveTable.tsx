import { formatCount } from './numbers.ts'
import type { CurveSeries } from './curve-data.ts'
import { axisTitle, showMeasured } from './measure-words.ts'
import { percentOfK, shortPercent } from './top-k-scale.ts'
import shapes from './shapes.module.css'
import styles from './Curve.module.css'

/** The numbers of curves: a row for each k, a column for each curve; `onUse` adds a button that takes the row's k. */
export function CurveTable({
  series,
  neuronCount,
  onUse,
}: {
  series: readonly CurveSeries[]
  neuronCount: number
  onUse?: ((k: number, series: CurveSeries) => void) | undefined
}) {
  const counts = [...new Set(series.flatMap((one) => one.points.map((point) => point.k)))].sort((a, b) => a - b)
  const own = series.filter((one) => !one.control)
  const rankings = own.filter((one, at) => own.findIndex((other) => other.ranking === one.ranking) === at)
  return (
    <table className={`${shapes.lined} ${styles.table}`}>
      <thead>
        <tr>
          <th scope="col" data-number>
            k
          </th>
          <th scope="col" data-number>
            Share
          </th>
          {series.map((one) => (
            <th key={one.key} scope="col" data-number>
              {one.name}, {one.label} ({axisTitle(one.estimator)})
            </th>
          ))}
          {onUse && <th scope="col">Choose</th>}
        </tr>
      </thead>
      <tbody>
        {counts.map((k) => (
          <tr key={k}>
            <th scope="row" data-number>
              {formatCount(k)}
            </th>
            <td data-number>{shortPercent(percentOfK(k, neuronCount))} %</td>
            {series.map((one) => {
              const point = one.points.find((other) => other.k === k)
              return (
                <td key={one.key} data-number>
                  {point ? showMeasured(point.value, point.low, point.high, one.estimator) : 'not measured'}
                </td>
              )
            })}
            {onUse && (
              <td>
                {rankings.map((one) => (
                  <button key={one.key} type="button" className={styles.toggle} onClick={() => onUse(k, one)}>
                    Use k = {formatCount(k)}
                    {rankings.length > 1 ? ` of ${one.label}` : ''}
                  </button>
                ))}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
