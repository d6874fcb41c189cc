import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useId, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { BrushBox, StripCanvas } from './StripMapCanvas.tsx'
import { gatherCells, rowsOfCells, runsWithValues } from './StripMapCells.ts'
import type { StripBrush, StripCells, StripRun } from './StripMapCells.ts'
import { StripTable } from './StripMapTable.tsx'
import { threeDigits } from './TokenTextShade.ts'
import styles from './StripMap.module.css'

export interface StripMapProps {
  readonly runs: readonly StripRun[]
  readonly column: ArrayLike<number>
  /** What the column says: "importance". */
  readonly name: string
  readonly brush: StripBrush | null
  readonly onBrush: (brush: StripBrush | null) => void
  /** Chooses what is shown; stands under the map. */
  readonly chooser?: ReactNode
}

interface Cursor {
  readonly run: number
  readonly cell: number
  readonly anchor: number
}

const cellWidth = 3
const labelWidth = 76

function heightOf(runs: number): number {
  return Math.max(3, Math.min(14, Math.floor(168 / Math.max(1, runs))))
}

/**
 * One row per layer, one thin cell per few neurons, stronger where the column's largest value among them is larger. Dragging
 * brushes a stretch of one row; so do the arrow keys with Shift, and Enter.
 */
export function StripMap({ runs: all, column, name, brush, onBrush, chooser }: StripMapProps) {
  const { ref: box, width } = useElementSize()
  const scheme = useComputedColorScheme('light')
  const [cursor, setCursor] = useState<Cursor | null>(null)
  const [hasFocus, setHasFocus] = useState(false)
  const [asTable, setAsTable] = useState(false)
  const isDragging = useRef(false)
  const help = useId()
  const runs = useMemo(() => runsWithValues(all, column), [all, column])
  const map = Math.max(0, width - labelWidth)
  const cells = useMemo(() => gatherCells(runs, column, Math.max(1, Math.floor(map / cellWidth))), [runs, column, map])
  const rowHeight = heightOf(runs.length)

  function cellAt(event: PointerEvent<HTMLElement>, run: number | null): Cursor {
    const bounds = event.currentTarget.getBoundingClientRect()
    const at = run ?? clamp(Math.floor((event.clientY - bounds.top) / rowHeight), runs.length)
    const count = cells.perRun[at]!
    return {
      run: at,
      cell: clamp(Math.floor(((event.clientX - bounds.left) / bounds.width) * count), count),
      anchor: 0,
    }
  }

  function press(event: PointerEvent<HTMLElement>) {
    if (event.button !== 0) return
    const at = cellAt(event, null)
    event.currentTarget.setPointerCapture(event.pointerId)
    isDragging.current = true
    setCursor({ ...at, anchor: at.cell })
  }

  function drag(event: PointerEvent<HTMLElement>) {
    if (!isDragging.current) {
      const at = cellAt(event, null)
      setCursor({ ...at, anchor: at.cell })
    } else if (cursor) setCursor({ ...cursor, cell: cellAt(event, cursor.run).cell })
  }

  function release() {
    if (!isDragging.current || !cursor) return
    isDragging.current = false
    onBrush(rowsOfCells(runs, cells, cursor.run, cursor.anchor, cursor.cell))
  }

  function steer(event: KeyboardEvent) {
    const at = cursor && cursor.run < runs.length ? cursor : { run: 0, cell: 0, anchor: 0 }
    const count = cells.perRun[at.run]!
    const far = event.ctrlKey ? 10 : 1
    let next: Cursor | null = null
    if (event.key === 'ArrowRight') next = { ...at, cell: clamp(at.cell + far, count) }
    else if (event.key === 'ArrowLeft') next = { ...at, cell: clamp(at.cell - far, count) }
    else if (event.key === 'Home') next = { ...at, cell: 0 }
    else if (event.key === 'End') next = { ...at, cell: count - 1 }
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const run = clamp(at.run + (event.key === 'ArrowDown' ? 1 : -1), runs.length)
      const cell = clamp(at.cell, cells.perRun[run]!)
      next = { run, cell, anchor: cell }
    }
    if (next) {
      event.preventDefault()
      event.stopPropagation()
      setCursor(event.shiftKey ? next : { ...next, anchor: next.cell })
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      event.stopPropagation()
      onBrush(rowsOfCells(runs, cells, at.run, at.anchor, at.cell))
    } else if (event.key === 'Escape' && brush) {
      event.stopPropagation()
      onBrush(null)
    }
  }

  const here = cursor && cursor.run < runs.length ? describe(runs, cells, cursor, name) : ''
  return (
    <section className={styles.section} aria-label={`Map of ${name}`}>
      <div ref={box} className={styles.box}>
        {asTable ? (
          <StripTable runs={runs} column={column} name={name} onBrush={onBrush} />
        ) : (
          <div className={styles.map}>
            <div className={styles.labels} aria-hidden="true">
              {runs.map((run, i) => (
                <div key={`${run.site}:${run.layer}`} className={styles.label} style={{ height: rowHeight }}>
                  {rowHeight >= 10 || i % 4 === 0 ? `${run.site} ${run.layer}` : ''}
                </div>
              ))}
            </div>
            <div
              className={styles.field}
              role="application"
              aria-label={`${name} by layer. ${here}`}
              aria-describedby={help}
              tabIndex={0}
              onPointerDown={press}
              onPointerMove={drag}
              onPointerUp={release}
              onPointerLeave={() => (isDragging.current || hasFocus ? undefined : setCursor(null))}
              onKeyDown={steer}
              onFocus={() => {
                setHasFocus(true)
                setCursor((held) => held ?? { run: 0, cell: 0, anchor: 0 })
              }}
              onBlur={() => {
                setHasFocus(false)
                setCursor(null)
              }}
            >
              <StripCanvas key={scheme} runs={runs} cells={cells} width={map} rowHeight={rowHeight} />
              {brush ? <BrushBox runs={runs} brush={brush} rowHeight={rowHeight} kind="brush" /> : null}
              {cursor && cursor.run < runs.length ? (
                <BrushBox
                  runs={runs}
                  brush={rowsOfCells(runs, cells, cursor.run, cursor.anchor, cursor.cell)}
                  rowHeight={rowHeight}
                  kind="cursor"
                />
              ) : null}
            </div>
          </div>
        )}
      </div>
      <div className={styles.foot}>
        {chooser}
        <span className={styles.here} aria-live="polite">
          {here || (
            <span id={help}>
              Drag to filter
              <span className="visually-hidden"> the table, or use the arrow keys with Shift, then Enter</span>
            </span>
          )}
        </span>
        <span className={styles.legend}>
          {threeDigits(cells.low)}
          <span className={styles.ramp} aria-hidden="true" />
          {threeDigits(cells.high)} · stronger is more, largest of {Math.max(...cells.neurons)} per cell
        </span>
        <button type="button" className={styles.toggle} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Map' : 'Table'}
        </button>
      </div>
    </section>
  )
}

function clamp(value: number, count: number): number {
  return Math.max(0, Math.min(count - 1, value))
}

function describe(runs: readonly StripRun[], cells: StripCells, cursor: Cursor, name: string): string {
  const run = runs[cursor.run]!
  const { from, to } = rowsOfCells(runs, cells, cursor.run, cursor.anchor, cursor.cell)
  const ends = to - from === 1 ? `neuron ${from - run.first}` : `neurons ${from - run.first}–${to - 1 - run.first}`
  const start = cells.starts[cursor.run]!
  let largest = Number.NaN
  for (let cell = Math.min(cursor.anchor, cursor.cell); cell <= Math.max(cursor.anchor, cursor.cell); cell++) {
    const value = cells.values[start + cell]!
    if (!(largest >= value) && !Number.isNaN(value)) largest = value
  }
  return `${run.site} layer ${run.layer}, ${ends}, largest ${name} ${threeDigits(largest)}`
}
