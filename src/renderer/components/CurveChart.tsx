import { CartesianGrid, ComposedChart, Area, Line, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts'
import { useElementSize } from '@mantine/hooks'
import { CurveFrame } from './CurveFrame.tsx'
import { PointMark, styleAmong, type CurveStyle } from './CurveMark.tsx'
import { CurveTable } from './CurveTable.tsx'
import { axisOf, type CurveSeries } from './curve-data.ts'
import { axisTitle, showMeasured, showTick } from './measure-words.ts'
import { formatCount } from './numbers.ts'
import { percentOfK, shortPercent } from './top-k-scale.ts'
import styles from './Curve.module.css'

interface Row {
  readonly k: number
  [key: string]: number | [number, number]
}

/** Where a point is drawn, as the chart hands it over. */
interface DotPlace {
  readonly cx?: number | undefined
  readonly cy?: number | undefined
  readonly payload?: Row
}

/** Curves of one estimator over k, with bands of 95 % intervals; a click on a point takes its k. */
export function CurveChart({
  series,
  neuronCount,
  k,
  onUse,
  title,
  height = 208,
}: {
  series: readonly CurveSeries[]
  neuronCount: number
  /** The k in use, drawn as an upright line. */
  k: number | null
  onUse?: ((k: number, series: CurveSeries) => void) | undefined
  /** What is measured: "Forget: verbs". */
  title: string
  height?: number
}) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const estimator = series[0]?.estimator ?? ''
  const styled = withStyles(series)
  const rows = rowsOf(series)
  const axis = axisOf(
    series.flatMap((one) => one.points.flatMap((point) => (one.control ? [point.value] : [point.low, point.high]))),
    5,
  )
  return (
    <CurveFrame
      label={`${title}, ${axisTitle(estimator)} over k, with 95 % intervals`}
      title={title}
      legend={styled.map(({ one, style }) => ({ key: one.key, label: one.label, style }))}
      table={<CurveTable series={series} neuronCount={neuronCount} onUse={onUse} />}
    >
      <div ref={ref} className={styles.chart} style={{ height }} aria-hidden="true">
        {width > 0 && (
          <ComposedChart
            width={width}
            height={height}
            data={rows}
            margin={{ top: 8, right: 16, bottom: 18, left: 8 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis
              dataKey="k"
              type="number"
              scale="sqrt"
              domain={[0, 'dataMax']}
              ticks={roundTicks(rows, neuronCount)}
              tickFormatter={(count: number) => `${Number(percentOfK(count, neuronCount).toPrecision(2))} %`}
              stroke="var(--line-control)"
              tickLine={false}
              minTickGap={18}
              interval="preserveStartEnd"
              label={{ value: 'neurons pruned, % (root scale)', position: 'insideBottom', offset: -12 }}
            />
            <YAxis
              width={56}
              domain={axis.domain}
              ticks={axis.ticks}
              tickFormatter={(value: number) => showTick(value, estimator)}
              stroke="var(--line-control)"
              tickLine={false}
              label={{
                value: axisTitle(estimator),
                angle: -90,
                position: 'insideLeft',
                style: { textAnchor: 'middle' },
              }}
            />
            {styled
              .filter(({ one }) => !one.control)
              .map(({ one, style }) => (
                <Area
                  key={`${one.key} band`}
                  dataKey={`${one.key} band`}
                  stroke="none"
                  fill={style.color}
                  fillOpacity={0.12}
                  isAnimationActive={false}
                  activeDot={false}
                  connectNulls
                  tooltipType="none"
                />
              ))}
            {styled.map(({ one, style }) => (
              <Line
                key={one.key}
                dataKey={one.key}
                name={one.label}
                stroke={style.color}
                strokeWidth={2}
                strokeDasharray={style.dash}
                isAnimationActive={false}
                connectNulls
                dot={<Dot mark={style} curve={one} onUse={onUse} />}
                activeDot={false}
              />
            ))}
            {k !== null && <ReferenceLine x={k} stroke="var(--accent-ink)" />}
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--line-control)' }}
              content={<Tip curves={series} neuronCount={neuronCount} hint={onUse !== undefined} />}
            />
          </ComposedChart>
        )}
      </div>
    </CurveFrame>
  )
}

/** The numbers at the k under the pointer; the chart says whether there is one, and which. */
function Tip({
  active = false,
  label,
  curves,
  neuronCount,
  hint,
}: {
  active?: boolean
  label?: unknown
  curves: readonly CurveSeries[]
  neuronCount: number
  hint: boolean
}) {
  if (!active || typeof label !== 'number') return null
  return (
    <div className={styles.tip}>
      <p>
        k = {formatCount(label)} ({shortPercent(percentOfK(label, neuronCount))} %)
      </p>
      {curves.map((one) => {
        const point = one.points.find((other) => other.k === label)
        if (!point) return null
        return (
          <p key={one.key}>
            {one.label}: {showMeasured(point.value, point.low, point.high, one.estimator)}
          </p>
        )
      })}
      {hint && <p className={styles.tipHint}>Click a point to use its k</p>}
    </div>
  )
}

/** A point of a curve that takes its k at a click; the chart adds where it is. */
function Dot({
  cx,
  cy,
  payload,
  mark,
  curve,
  onUse,
}: DotPlace & {
  mark: CurveStyle
  curve: CurveSeries
  onUse: ((k: number, series: CurveSeries) => void) | undefined
}) {
  if (cx === undefined || cy === undefined || !payload || !Number.isFinite(cy)) return <g />
  const use = onUse && !curve.control ? () => onUse(payload.k, curve) : undefined
  return (
    <g onClick={use} style={use ? { cursor: 'pointer' } : {}} data-k={payload.k} data-control={curve.control}>
      <circle cx={cx} cy={cy} r={10} fill="transparent" />
      <PointMark x={cx} y={cy} size={mark.shape === 'none' ? 2.5 : 4} {...mark} />
    </g>
  )
}

function withStyles(series: readonly CurveSeries[]): { one: CurveSeries; style: CurveStyle }[] {
  return series.map((one) => {
    const shape = one.control ? 'none' : one.side === 'retain' ? 'square' : 'circle'
    return { one, style: styleAmong(one, series, shape) }
  })
}

/** Percents that stand under the curves, as far as these reach. */
const roundPercents = [0, 0.5, 1, 2, 5, 10, 20, 50, 100]

function roundTicks(rows: readonly Row[], neuronCount: number): number[] {
  const most = rows.at(-1)?.k ?? 0
  return roundPercents.map((percent) => (percent / 100) * neuronCount).filter((k) => k <= most * 1.01 + 1)
}

function rowsOf(series: readonly CurveSeries[]): Row[] {
  const rows = new Map<number, Row>()
  for (const one of series) {
    for (const { k, value, low, high } of one.points) {
      const row = rows.get(k) ?? { k }
      row[one.key] = value
      row[`${one.key} band`] = [low, high]
      rows.set(k, row)
    }
  }
  return [...rows.values()].sort((a, b) => a.k - b.k)
}
