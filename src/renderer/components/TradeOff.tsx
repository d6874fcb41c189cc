import { useElementSize } from '@mantine/hooks'
import { CartesianGrid, ErrorBar, ReferenceLine, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts'
import { CurveFrame } from './CurveFrame.tsx'
import { PointMark, styleAmong, type CurveStyle } from './CurveMark.tsx'
import { dropTitle, showTick, styleOf } from './measure-words.ts'
import { formatCount, formatInterval } from './numbers.ts'
import { axisOf } from './curve-data.ts'
import type { TradeOffPoint } from './trade-off-data.ts'
import shapes from './shapes.module.css'
import styles from './Curve.module.css'

interface Placed extends TradeOffPoint {
  readonly x: number
  readonly y: number
  readonly xError: [number, number]
  readonly yError: [number, number]
}

/** Where a mark is drawn, as the chart hands it over. */
interface MarkPlace {
  readonly cx?: number | undefined
  readonly cy?: number | undefined
  readonly payload?: Placed
}

/** Each plan as a place: what it takes from the forget set upwards, what it costs the retain set to the right. */
export function TradeOff({
  points,
  forgetEstimator,
  retainEstimator,
  forgetName,
  retainName,
  onUse,
}: {
  points: readonly TradeOffPoint[]
  forgetEstimator: string
  retainEstimator: string
  forgetName: string
  retainName: string
  onUse: (point: TradeOffPoint) => void
}) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const groups = groupsOf(points)
  const height = 456
  const across = axisOf([0, ...points.flatMap(({ retain }) => [retain.low, retain.high])], 6)
  const up = axisOf([0, ...points.flatMap(({ forget }) => [forget.low, forget.high])], 8)
  return (
    <CurveFrame
      label={`Trade-off: ${forgetName} against ${retainName}, each plan with its intervals`}
      title="Trade-off"
      legend={groups.map(({ name, style }) => ({ key: name, label: name, style }))}
      table={
        <TradeOffTable
          points={points}
          forgetEstimator={forgetEstimator}
          retainEstimator={retainEstimator}
          onUse={onUse}
        />
      }
    >
      <div ref={ref} className={styles.chart} style={{ height }} aria-hidden="true">
        {width > 0 && (
          <ScatterChart
            width={width}
            height={height}
            margin={{ top: 8, right: 16, bottom: 20, left: 8 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--line)" />
            <XAxis
              dataKey="x"
              type="number"
              domain={across.domain}
              ticks={across.ticks}
              stroke="var(--line-control)"
              tickLine={false}
              tickFormatter={(value: number) => showTick(value, retainEstimator, true)}
              label={{
                value: `Retain, ${retainName}: ${dropTitle(retainEstimator)}`,
                position: 'insideBottom',
                offset: -12,
              }}
            />
            <YAxis
              dataKey="y"
              type="number"
              width={60}
              domain={up.domain}
              ticks={up.ticks}
              stroke="var(--line-control)"
              tickLine={false}
              tickFormatter={(value: number) => showTick(value, forgetEstimator, true)}
              label={{
                value: `Forget, ${forgetName}: ${dropTitle(forgetEstimator)}`,
                angle: -90,
                position: 'insideLeft',
                style: { textAnchor: 'middle' },
              }}
            />
            <ReferenceLine x={0} stroke="var(--line-control)" />
            <ReferenceLine y={0} stroke="var(--line-control)" />
            {groups.map(({ name, style, members }) => (
              <Scatter
                key={name}
                name={name}
                data={members}
                fill={style.color}
                isAnimationActive={false}
                {...(members[0]?.kind === 'plan'
                  ? {}
                  : { line: { stroke: style.color, strokeWidth: 1.5, strokeDasharray: style.dash } })}
                shape={<Place mark={style} onUse={onUse} />}
              >
                {members[0]?.kind !== 'control' &&
                  (['x', 'y'] as const).map((direction) => (
                    <ErrorBar
                      key={direction}
                      dataKey={`${direction}Error`}
                      direction={direction}
                      stroke={style.color}
                      strokeOpacity={0.45}
                      width={0}
                      isAnimationActive={false}
                    />
                  ))}
              </Scatter>
            ))}
            <Tooltip
              isAnimationActive={false}
              cursor={false}
              content={<Tip forgetEstimator={forgetEstimator} retainEstimator={retainEstimator} />}
            />
          </ScatterChart>
        )}
      </div>
    </CurveFrame>
  )
}

/** The numbers of the plan under the pointer; the chart says whether there is one, and which. */
function Tip({
  active = false,
  payload,
  forgetEstimator,
  retainEstimator,
}: {
  active?: boolean
  payload?: readonly { readonly payload?: unknown }[]
  forgetEstimator: string
  retainEstimator: string
}) {
  const point = payload?.[0]?.payload as Placed | undefined
  if (!active || !point) return null
  return (
    <div className={styles.tip}>
      <p>{point.label}</p>
      <p>
        Forget: {showDrop(point.forget, forgetEstimator)}; retain: {showDrop(point.retain, retainEstimator)}
      </p>
      {point.ranking !== null && <p className={styles.tipHint}>Click to use its k</p>}
    </div>
  )
}

/** A plan's place, which takes its k at a click; the chart adds where it is. */
function Place({
  cx,
  cy,
  payload,
  mark,
  onUse,
}: MarkPlace & { mark: CurveStyle; onUse: (point: TradeOffPoint) => void }) {
  if (cx === undefined || cy === undefined || !payload) return <g />
  const use = payload.ranking === null ? undefined : () => onUse(payload)
  return (
    <g onClick={use} style={use ? { cursor: 'pointer' } : {}} data-k={payload.k}>
      <circle cx={cx} cy={cy} r={10} fill="transparent" />
      <PointMark x={cx} y={cy} size={payload.kind === 'plan' ? 6 : 3.5} color={mark.color} shape={mark.shape} />
    </g>
  )
}

function TradeOffTable({
  points,
  forgetEstimator,
  retainEstimator,
  onUse,
}: {
  points: readonly TradeOffPoint[]
  forgetEstimator: string
  retainEstimator: string
  onUse: (point: TradeOffPoint) => void
}) {
  return (
    <table className={`${shapes.lined} ${styles.table}`}>
      <thead>
        <tr>
          <th scope="col">Plan</th>
          <th scope="col" data-number>
            k
          </th>
          <th scope="col" data-number>
            Forget: {dropTitle(forgetEstimator)}
          </th>
          <th scope="col" data-number>
            Retain: {dropTitle(retainEstimator)}
          </th>
          <th scope="col">Interval</th>
          <th scope="col">Choose</th>
        </tr>
      </thead>
      <tbody>
        {points.map((point) => (
          <tr key={point.key}>
            <th scope="row">{point.label}</th>
            <td data-number>{formatCount(point.k)}</td>
            <td data-number>{showDrop(point.forget, forgetEstimator)}</td>
            <td data-number>{showDrop(point.retain, retainEstimator)}</td>
            <td>{point.paired ? 'of the paired change' : 'of the measure'}</td>
            <td>
              {point.ranking !== null && (
                <button type="button" className={styles.toggle} onClick={() => onUse(point)}>
                  Use k = {formatCount(point.k)}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function showDrop(drop: TradeOffPoint['forget'], estimator: string): string {
  const { value, interval } = formatInterval(drop.value, drop.low, drop.high, styleOf(estimator, true))
  return interval === null ? value : `${value} ${interval}`
}

function groupsOf(points: readonly TradeOffPoint[]): { name: string; style: CurveStyle; members: Placed[] }[] {
  const groups = new Map<string, Placed[]>()
  for (const point of points) {
    const members = groups.get(point.group) ?? []
    members.push(placed(point))
    groups.set(point.group, members)
  }
  const lines = [...groups].map(([label, members]) => {
    const { kind = 'sweep', method = '' } = members[0] ?? {}
    return { label, members, kind, method, control: kind === 'control' }
  })
  const ranked = lines.filter(({ kind }) => kind !== 'plan')
  return lines.map((line) => {
    const { label, members, kind, control } = line
    if (kind === 'plan') return { name: label, members, style: measuredPlans }
    return { name: label, members, style: styleAmong(line, ranked, control ? 'square' : 'circle') }
  })
}

const measuredPlans: CurveStyle = { color: 'var(--accent)', dash: '', shape: 'diamond' }

function placed(point: TradeOffPoint): Placed {
  const { forget, retain } = point
  return {
    ...point,
    x: retain.value,
    y: forget.value,
    xError: [retain.value - retain.low, retain.high - retain.value],
    yError: [forget.value - forget.low, forget.high - forget.value],
  }
}
