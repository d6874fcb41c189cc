import { useMemo } from 'react'
import type { StripBrush, StripRun } from './StripMapCells.ts'
import { threeDigits } from './TokenTextShade.ts'
import styles from './StripMap.module.css'

interface StripTableProps {
  readonly runs: readonly StripRun[]
  readonly column: ArrayLike<number>
  readonly name: string
  readonly onBrush: (brush: StripBrush) => void
}

/** The same by numbers: one line per layer. */
export function StripTable({ runs, column, name, onBrush }: StripTableProps) {
  const lines = useMemo(
    () =>
      runs.map((run) => {
        let held = 0
        let sum = 0
        let high = Number.NEGATIVE_INFINITY
        for (let row = run.first; row < run.first + run.width; row++) {
          const value = column[row]!
          if (!Number.isFinite(value)) continue
          held++
          sum += value
          if (value > high) high = value
        }
        return { held, mean: held === 0 ? Number.NaN : sum / held, high: held === 0 ? Number.NaN : high }
      }),
    [runs, column],
  )
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label={`${name} by layer, as numbers`}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">layer</th>
            <th scope="col">neurons</th>
            <th scope="col">with a value</th>
            <th scope="col">mean {name}</th>
            <th scope="col">largest {name}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run, i) => (
            <tr key={`${run.site}:${run.layer}`}>
              <th scope="row">
                <button
                  type="button"
                  className={styles.toggle}
                  onClick={() => onBrush({ from: run.first, to: run.first + run.width })}
                >
                  {run.site} {run.layer}
                </button>
              </th>
              <td>{run.width.toLocaleString('en')}</td>
              <td>{lines[i]!.held.toLocaleString('en')}</td>
              <td>{threeDigits(lines[i]!.mean)}</td>
              <td>{threeDigits(lines[i]!.high)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
