import { axisTicks, type CurveSeries } from './curve-data.ts'
import { curveStyle, PointMark } from './CurveMark.tsx'
import { showTick } from './measure-words.ts'
import type { SliderPanel } from './TopKSlider.tsx'
import styles from './TopKSlider.module.css'

/** The upright scale of a panel: all values and, unless they dwarf the curves, all intervals. */
export function panelScale(
  series: readonly CurveSeries[],
  height: number,
): { low: number; high: number; y: (value: number) => number } {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const one of series) {
    for (const point of one.points) {
      low = Math.min(low, point.value, point.low)
      high = Math.max(high, point.value, point.high)
    }
  }
  if (!(high > low)) {
    const middle = Number.isFinite(low) ? low : 0
    low = middle - 1
    high = middle + 1
  }
  const room = (high - low) * 0.04
  const bottom = low - room
  const span = high + room - bottom
  return { low: bottom, high: high + room, y: (value) => height * (1 - (value - bottom) / span) }
}

/** The curves of one axis: bands of 95 % intervals, lines, points, and round numbers at the left. */
export function CurvePanel({
  panel,
  height,
  left,
  right,
  x,
}: {
  panel: SliderPanel
  height: number
  left: number
  right: number
  x: (k: number) => number
}) {
  const { low, high, y } = panelScale(panel.series, height)
  const estimator = panel.series[0]?.estimator ?? ''
  const ticks = axisTicks(low, high, height > 120 ? 5 : 3)
  const ordered = [...panel.series].sort((a, b) => Number(b.control) - Number(a.control))
  return (
    <g>
      {ticks.map((tick) => (
        <g key={tick}>
          <line className={styles.grid} x1={left} x2={right} y1={y(tick)} y2={y(tick)} />
          <text className={styles.axisText} x={left - 8} y={y(tick) + 4} textAnchor="end">
            {showTick(tick, estimator)}
          </text>
        </g>
      ))}
      <text className={styles.axisName} x={0} y={-6}>
        {panel.title}
      </text>
      {ordered.map((one) => {
        const style = curveStyle(one.side, one.control)
        const line = one.points.map((point) => `${x(point.k)},${y(point.value)}`).join(' ')
        const band = [
          ...one.points.map((point) => `${x(point.k)},${y(point.high)}`),
          ...one.points.toReversed().map((point) => `${x(point.k)},${y(point.low)}`),
        ].join(' ')
        return (
          <g key={one.key}>
            {!one.control && <polygon points={band} fill={style.color} opacity={0.12} />}
            <polyline points={line} fill="none" stroke={style.color} strokeWidth={2} strokeDasharray={style.dash} />
            {one.points.length < 40 &&
              one.points.map((point) => (
                <PointMark key={point.k} x={x(point.k)} y={y(point.value)} size={3} {...style} />
              ))}
          </g>
        )
      })}
    </g>
  )
}
