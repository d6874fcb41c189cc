/** How a line is told apart without its colour: dashes, and the shape of its points. */
export interface CurveStyle {
  readonly color: string
  readonly dash: string
  readonly shape: 'circle' | 'square' | 'diamond' | 'none'
}

/** Forget: vermilion circles. Retain: blue squares. Control: grey, dashed for forget and dotted for retain. */
export function curveStyle(side: 'forget' | 'retain', control: boolean, order = 0): CurveStyle {
  const shape = side === 'forget' ? 'circle' : 'square'
  if (control) return { color: 'var(--control)', dash: side === 'forget' ? '6 4' : '2 3', shape: 'none' }
  return { color: `var(--${side})`, dash: ['', '8 3', '3 3', '8 3 2 3'][order % 4] ?? '', shape }
}

/** A short piece of a line with its mark, for legends. */
export function CurveMark({ color, dash, shape }: CurveStyle) {
  return (
    <svg width={26} height={12} aria-hidden="true" focusable="false">
      <line x1={1} x2={25} y1={6} y2={6} stroke={color} strokeWidth={2} strokeDasharray={dash} />
      <PointMark x={13} y={6} size={3.5} color={color} shape={shape} />
    </svg>
  )
}

/** One point of a curve. */
export function PointMark({
  x,
  y,
  size,
  color,
  shape,
}: {
  x: number
  y: number
  size: number
  color: string
  shape: CurveStyle['shape']
}) {
  if (shape === 'none') return null
  if (shape === 'circle') return <circle cx={x} cy={y} r={size} fill={color} />
  const half = size * 0.9
  return (
    <rect
      x={x - half}
      y={y - half}
      width={2 * half}
      height={2 * half}
      fill={color}
      {...(shape === 'diamond' ? { transform: `rotate(45 ${x} ${y})` } : {})}
    />
  )
}
