import { useId, useState } from 'react'
import { allEdges, binScale } from './ActivationHistogramScale.ts'
import { threeDigits } from './TokenTextShade.ts'
import styles from './ActivationHistogram.module.css'

export interface HistogramSeries {
  readonly name: string
  /** Which meaning its colour carries. */
  readonly tone: 'neutral' | 'forget' | 'retain' | 'accent'
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

export interface HistogramMark {
  readonly value: number
  readonly label: string
  readonly tone: 'cut' | 'here'
}

export interface ActivationHistogramProps {
  /** What is counted: "activations", "neurons". */
  readonly counted: string
  readonly title: string
  readonly series: readonly HistogramSeries[]
  readonly marks?: readonly HistogramMark[]
}

const width = 360
const height = 84

/**
 * Histograms over one another on a logarithmic count axis, because one bin (usually the one around zero) holds nearly all.
 * Heights are shares of each series, so that recordings of different length compare; every bin takes the same room, whatever
 * its width. A table holds the same numbers.
 */
export function ActivationHistogram({ counted, title, series, marks = [] }: ActivationHistogramProps) {
  const [asTable, setAsTable] = useState(false)
  const id = useId()
  const edges = allEdges(series)
  const low = edges[0] ?? 0
  const high = edges.at(-1) ?? 1
  const place = binScale(edges)
  const totals = series.map((each) => each.counts.reduce((sum, count) => sum + count, 0))
  const most = Math.max(1, ...totals)
  const share = Math.max(0, ...series.flatMap((each, i) => each.counts.map((count) => count / Math.max(1, totals[i]!))))
  const top = Math.log1p(share * most)
  const x = (value: number) => place(value) * width
  const y = (count: number, total: number) =>
    count === 0 ? height : height - 2 - (Math.log1p((count / Math.max(1, total)) * most) / (top || 1)) * (height - 4)

  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <figcaption className={styles.caption}>
        <span id={id}>{title}</span>
        {series.length > 1
          ? series.map((each) => (
              <span key={each.name} className={styles.key} data-tone={each.tone}>
                {each.name}
              </span>
            ))
          : null}
        <button type="button" className={styles.toggle} onClick={() => setAsTable(!asTable)} aria-pressed={asTable}>
          {asTable ? 'Chart' : 'Table'}
        </button>
      </figcaption>
      {asTable ? (
        <HistogramTable series={series} marks={marks} counted={counted} />
      ) : (
        <>
          <svg
            className={styles.chart}
            viewBox={`0 0 ${width} ${height}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={describe(title, counted, series, totals, marks)}
          >
            <line className={styles.axis} x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
            {low < 0 && high > 0 ? <line className={styles.zero} x1={x(0)} x2={x(0)} y1={0} y2={height} /> : null}
            {series.map((each, i) => (
              <path key={each.name} className={styles.steps} data-tone={each.tone} d={steps(each, totals[i]!, x, y)} />
            ))}
            {marks.map((mark) => (
              <line
                key={mark.label}
                className={styles.mark}
                data-tone={mark.tone}
                x1={Math.min(width - 1, Math.max(1, x(mark.value)))}
                x2={Math.min(width - 1, Math.max(1, x(mark.value)))}
                y1={0}
                y2={height}
              />
            ))}
          </svg>
          <div className={styles.ends} aria-hidden="true">
            <span>{threeDigits(low)}</span>
            {place(0) > 0.16 && place(0) < 0.84 ? (
              <span className={styles.zeroLabel} style={{ left: `${place(0) * 100}%` }}>
                0
              </span>
            ) : null}
            <span>{threeDigits(high)}</span>
          </div>
          {marks.length === 0 ? null : (
            <div className={styles.marks} aria-hidden="true">
              {marks.map((mark) => (
                <span key={mark.label} className={styles.markKey} data-tone={mark.tone}>
                  {mark.label} {threeDigits(mark.value)}
                </span>
              ))}
            </div>
          )}
        </>
      )}
    </figure>
  )
}

function steps(
  series: HistogramSeries,
  total: number,
  x: (value: number) => number,
  y: (count: number, total: number) => number,
): string {
  const { edges, counts } = series
  if (counts.length === 0) return ''
  let path = `M${x(edges[0]!).toFixed(2)} ${height}`
  for (let bin = 0; bin < counts.length; bin++) {
    const level = y(counts[bin]!, total).toFixed(2)
    path += `L${x(edges[bin]!).toFixed(2)} ${level}L${x(edges[bin + 1]!).toFixed(2)} ${level}`
  }
  return `${path}L${x(edges.at(-1)!).toFixed(2)} ${height}Z`
}

function describe(
  title: string,
  counted: string,
  series: readonly HistogramSeries[],
  totals: readonly number[],
  marks: readonly HistogramMark[],
): string {
  const parts = series.map((each, i) => {
    const from = threeDigits(each.edges[0])
    return `${each.name}: ${totals[i]!.toLocaleString('en')} ${counted} from ${from} to ${threeDigits(each.edges.at(-1))}`
  })
  return [title, ...parts, ...marks.map((mark) => `${mark.label} at ${threeDigits(mark.value)}`)].join('; ')
}

interface HistogramTableProps {
  readonly series: readonly HistogramSeries[]
  readonly marks: readonly HistogramMark[]
  readonly counted: string
}

function HistogramTable({ series, marks, counted }: HistogramTableProps) {
  return (
    <div className={styles.scroll} tabIndex={0} role="group" aria-label="Numbers of the chart">
      {marks.map((mark) => (
        <p key={mark.label} className={styles.note}>
          {mark.label}: {mark.value}
        </p>
      ))}
      {series.map((each) => (
        <table key={each.name} className={styles.table}>
          {series.length > 1 ? <caption>{each.name}</caption> : null}
          <thead>
            <tr>
              <th scope="col">from</th>
              <th scope="col">to</th>
              <th scope="col">{counted}</th>
            </tr>
          </thead>
          <tbody>
            {each.counts.map((count, bin) => (
              <tr key={each.edges[bin]}>
                <td>{threeDigits(each.edges[bin])}</td>
                <td>{threeDigits(each.edges[bin + 1])}</td>
                <td>{count.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </div>
  )
}
