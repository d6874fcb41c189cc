import { useState, type ReactNode } from 'react'
import { CurveMark, type CurveStyle } from './CurveMark.tsx'
import styles from './Curve.module.css'

/** A chart with its legend and, at a click, the same numbers as a table. */
export function CurveFrame({
  label,
  title,
  legend,
  table,
  controls,
  keepsChart = false,
  children,
}: {
  /** What the chart shows, in one sentence. */
  label: string
  /** Shown before the legend. */
  title?: string
  legend: readonly { key: string; label: string; style: CurveStyle }[]
  table: ReactNode
  controls?: ReactNode
  /** The chart stays under the table, because it is a control too. */
  keepsChart?: boolean
  children: ReactNode
}) {
  const [asTable, setAsTable] = useState(false)
  return (
    <figure className={styles.frame} aria-label={label} style={{ margin: 0 }}>
      <div className={styles.head} data-titled={title === undefined ? undefined : true}>
        {title !== undefined && <h3>{title}</h3>}
        <ul className={styles.legend}>
          {legend.map((item) => (
            <li key={item.key}>
              <CurveMark {...item.style} />
              {item.label}
            </li>
          ))}
        </ul>
        {controls}
        <button type="button" className={styles.toggle} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {!asTable ? 'Show as table' : keepsChart ? 'Hide the table' : 'Show as chart'}
        </button>
      </div>
      {asTable && (
        <div className={styles.tableBox} tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          {table}
        </div>
      )}
      {(!asTable || keepsChart) && children}
    </figure>
  )
}
