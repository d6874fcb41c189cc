import { useElementSize } from '@mantine/hooks'
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { type CurveSeries, valueAt } from './curve-data.ts'
import { formatCount } from './numbers.ts'
import {
  describeK,
  fractionOfK,
  kAfterKey,
  kOfFraction,
  kOfPercent,
  type SliderScale,
  tickPercents,
} from './top-k-scale.ts'
import { CurvePanel, panelScale } from './TopKSliderPanel.tsx'
import styles from './TopKSlider.module.css'

/** One plot above the slider: curves that share an axis. */
export interface SliderPanel {
  readonly key: string
  /** Of the upright axis. */
  readonly title: string
  readonly series: readonly CurveSeries[]
}

/** Room left of the plot for the numbers of the upright axis, and right of it for half a handle. */
const left = 44
const right = 20
const top = 20

/**
 * The slider of how many neurons go: it spans the whole width, under the curves of what was measured, and its handle sits
 * on the first of them. Moves call `onMove` at once; letting go, a key or a tick call `onCommit` too.
 */
export function TopKSlider({
  k,
  max,
  neuronCount,
  scale,
  panels,
  disabled = false,
  onMove,
  onCommit,
}: {
  k: number
  max: number
  neuronCount: number
  scale: SliderScale
  panels: readonly SliderPanel[]
  disabled?: boolean
  onMove: (k: number) => void
  onCommit: (k: number) => void
}) {
  const { ref, width: measuredWidth } = useElementSize<HTMLDivElement>()
  const handle = useRef<HTMLDivElement>(null)
  const [dragging, setDragging] = useState(false)
  const width = Math.max(320, measuredWidth)
  const inner = width - left - right
  const panelHeight = panels.length > 1 ? 96 : 136
  const plotHeight = top + Math.max(1, panels.length) * (panelHeight + 12)
  const x = (count: number) => left + fractionOfK(count, max, scale) * inner

  const kAt = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    const share = ((event.clientX - box.left) / box.width) * width
    return kOfFraction((share - left) / inner, max, scale)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const next = kAfterKey(k, max, event.key, event.shiftKey)
    if (next === null || disabled) return
    event.preventDefault()
    event.stopPropagation()
    onMove(next)
    onCommit(next)
  }

  const lead = panels[0]?.series.find((one) => !one.control)
  const leadValue = lead ? valueAt(lead.points, k, (count) => fractionOfK(count, max, scale)) : null
  const knobY =
    panels[0] && leadValue !== null ? top + panelScale(panels[0].series, panelHeight).y(leadValue) : plotHeight
  const flagRight = x(k) > width - 170
  return (
    <div>
      <div
        ref={ref}
        className={styles.box}
        data-dragging={dragging || undefined}
        data-disabled={disabled || undefined}
        onPointerDown={(event) => {
          if (event.button !== 0 || disabled) return
          event.currentTarget.setPointerCapture(event.pointerId)
          event.preventDefault()
          handle.current?.focus()
          setDragging(true)
          onMove(kAt(event))
        }}
        onPointerMove={(event) => {
          if (dragging) onMove(kAt(event))
        }}
        onPointerUp={(event) => {
          if (dragging) onCommit(kAt(event))
        }}
        onLostPointerCapture={() => setDragging(false)}
      >
        <svg className={styles.plot} width={width} height={plotHeight + 8} aria-hidden="true">
          <rect className={styles.gone} x={left} y={top} width={Math.max(0, x(k) - left)} height={plotHeight - top} />
          {panels.map((panel, index) => (
            <g key={panel.key} transform={`translate(0 ${top + index * (panelHeight + 12)})`}>
              <CurvePanel panel={panel} height={panelHeight} left={left} right={width - right} x={x} />
            </g>
          ))}
          {tickPercents.map((percent) => {
            const place = x(kOfPercent(percent, neuronCount, max))
            return (
              <line
                key={percent}
                className={styles.grid}
                x1={place}
                x2={place}
                y1={plotHeight - 4}
                y2={plotHeight + 5}
              />
            )
          })}
          <line className={styles.guide} x1={x(k)} x2={x(k)} y1={top - 4} y2={plotHeight} />
          <line className={styles.track} x1={left} x2={width - right} y1={plotHeight} y2={plotHeight} />
          <line className={styles.trackGone} x1={left} x2={x(k)} y1={plotHeight} y2={plotHeight} />
        </svg>
        <div
          ref={handle}
          className={styles.handle}
          style={{ left: x(k), height: plotHeight }}
          role="slider"
          tabIndex={disabled ? -1 : 0}
          aria-label="Neurons to prune"
          aria-valuemin={0}
          aria-valuemax={max}
          aria-valuenow={k}
          aria-valuetext={describeK(k, neuronCount)}
          aria-disabled={disabled}
          onKeyDown={onKey}
        >
          <span className={styles.knob} style={{ top: knobY - 8 }} />
          <span className={styles.flag} style={flagRight ? { right: 12 } : { left: 12 }} aria-hidden="true">
            {describeK(k, neuronCount)}
          </span>
        </div>
      </div>
      <Ticks
        max={max}
        neuronCount={neuronCount}
        scale={scale}
        x={x}
        disabled={disabled}
        onUse={(next) => {
          onMove(next)
          onCommit(next)
        }}
      />
    </div>
  )
}

/** Percents under the track that take the handle to themselves; those that would touch their neighbour are left out. */
function Ticks({
  max,
  neuronCount,
  scale,
  x,
  disabled,
  onUse,
}: {
  max: number
  neuronCount: number
  scale: SliderScale
  x: (k: number) => number
  disabled: boolean
  onUse: (k: number) => void
}) {
  const wanted = [0, ...tickPercents, 20, 50].map((percent) => ({
    text: `${percent} %`,
    k: kOfPercent(percent, neuronCount, max),
    always: (tickPercents as readonly number[]).includes(percent) || percent === 0,
  }))
  const shown: { text: string; k: number; at: number }[] = []
  for (const { text, k, always } of wanted) {
    const at = x(k)
    const crowded = shown.some((other) => Math.abs(other.at - at) < 38)
    const beyond = k >= max
    if (!beyond && !crowded && (always || x(max) - at > 60)) shown.push({ text, k, at })
  }
  if (max > 0) shown.push({ text: max === neuronCount ? '100 %' : formatCount(max), k: max, at: x(max) })
  return (
    <div className={styles.ticks} data-scale={scale}>
      {shown.map((tick) => (
        <button
          key={tick.text}
          type="button"
          className={styles.tick}
          style={{ left: tick.at }}
          disabled={disabled}
          tabIndex={-1}
          aria-label={`Prune ${tick.text}`}
          onClick={() => onUse(tick.k)}
        >
          {tick.text}
        </button>
      ))}
    </div>
  )
}
