import { useEffect, useRef } from 'react'
import { shareOfScale } from './StripMapCells.ts'
import type { StripBrush, StripCells, StripRun } from './StripMapCells.ts'
import styles from './StripMap.module.css'

interface StripCanvasProps {
  readonly runs: readonly StripRun[]
  readonly cells: StripCells
  readonly width: number
  readonly rowHeight: number
}

/** The cells. Made anew when the theme changes, because a canvas does not follow it. */
export function StripCanvas({ runs, cells, width, rowHeight }: StripCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current && width > 0) draw(canvas.current, runs, cells, width, rowHeight)
  }, [cells, width, rowHeight, runs])
  return <canvas ref={canvas} className={styles.canvas} style={{ width, height: rowHeight * runs.length }} />
}

function draw(
  canvas: HTMLCanvasElement,
  runs: readonly StripRun[],
  cells: StripCells,
  width: number,
  rowHeight: number,
): void {
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(rowHeight * runs.length * ratio)
  const context = canvas.getContext('2d')
  if (!context) return
  context.scale(ratio, ratio)
  const look = getComputedStyle(canvas)
  context.fillStyle = look.color
  runs.forEach((_run, i) => {
    const count = cells.perRun[i]!
    const step = width / count
    for (let cell = 0; cell < count; cell++) {
      const value = cells.values[cells.starts[i]! + cell]!
      if (Number.isNaN(value)) continue
      context.globalAlpha = 0.04 + 0.96 * shareOfScale(value, cells.low, cells.high)
      context.fillRect(cell * step, i * rowHeight, Math.max(1, step - (step > 2 ? 0.5 : 0)), rowHeight - 1)
    }
  })
}

interface BrushBoxProps {
  readonly runs: readonly StripRun[]
  readonly brush: StripBrush
  readonly rowHeight: number
  readonly kind: 'brush' | 'cursor'
}

/** A stretch of one row: what is brushed, or where the cursor is. */
export function BrushBox({ runs, brush, rowHeight, kind }: BrushBoxProps) {
  const at = runs.findIndex((run) => brush.from >= run.first && brush.from < run.first + run.width)
  const run = runs[at]
  if (!run) return null
  const left = ((brush.from - run.first) / run.width) * 100
  const right = ((brush.to - run.first) / run.width) * 100
  return (
    <div
      className={styles.brush}
      data-kind={kind}
      style={{ top: at * rowHeight - 1, height: rowHeight + 1, left: `${left}%`, width: `${right - left}%` }}
    />
  )
}
