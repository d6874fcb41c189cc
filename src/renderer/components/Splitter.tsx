import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import styles from './components.module.css'

/**
 * A one-pixel line between two panels that sizes one of them, by mouse and by arrow keys (Home and End: smallest, largest).
 * `sizes` says on which side of the line the sized panel lies.
 */
export function Splitter({
  label,
  size,
  onSize,
  min,
  max,
  sizes,
}: {
  /** Names the panel: "Width of the inspector". */
  label: string
  /** Pixels. */
  size: number
  onSize: (size: number) => void
  min: number
  max: number
  sizes: 'left' | 'right' | 'top' | 'bottom'
}) {
  const start = useRef<{ at: number; size: number } | null>(null)
  const [dragging, setDragging] = useState(false)
  const axis = sizes === 'left' || sizes === 'right' ? 'x' : 'y'
  const direction = sizes === 'left' || sizes === 'top' ? 1 : -1
  const set = (next: number) => onSize(Math.round(Math.min(max, Math.max(min, next))))
  const place = (event: PointerEvent) => (axis === 'x' ? event.clientX : event.clientY) / zoomOf(event.currentTarget)

  const key = (event: KeyboardEvent) => {
    const step = event.shiftKey ? 64 : 16
    const back = axis === 'x' ? 'ArrowLeft' : 'ArrowUp'
    const forth = axis === 'x' ? 'ArrowRight' : 'ArrowDown'
    if (event.key === back) set(size - direction * step)
    else if (event.key === forth) set(size + direction * step)
    else if (event.key === 'Home') set(min)
    else if (event.key === 'End') set(max)
    else return
    event.preventDefault()
  }
  return (
    <div
      className={styles.splitter}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      data-axis={axis}
      data-dragging={dragging || undefined}
      onKeyDown={key}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { at: place(event), size }
        setDragging(true)
      }}
      onPointerMove={(event) => {
        if (start.current) set(start.current.size + direction * (place(event) - start.current.at))
      }}
      onLostPointerCapture={() => {
        start.current = null
        setDragging(false)
      }}
    />
  )
}

/** Pointer positions are in pixels of the window; sizes are in those of the zoomed page. */
function zoomOf(element: Element): number {
  return (element as Element & { currentCSSZoom?: number }).currentCSSZoom ?? 1
}
