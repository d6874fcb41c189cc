/** How a line is told apart without its colour: dashes, and the shape of its points. */
export interface CurveStyle {
  readonly color: string
  readonly dash: string
  readonly shape: 'circle' | 'square' | 'diamond' | 'none'
}

/** Where one ranking is drawn. Forget: vermilion circles. Retain: blue squares. Control: grey, dashed for forget and dotted for retain. */
export function curveStyle(side: 'forget' | 'retain', control: boolean): CurveStyle {
  const shape = side === 'forget' ? 'circle' : 'square'
  if (control) return { color: 'var(--control)', dash: side === 'forget' ? '6 4' : '2 3', shape: 'none' }
  return { color: `var(--${side})`, dash: '', shape }
}

/** Colour and dash of each method, the same in every chart; none is near those of forget and retain. */
const methodLooks: Readonly<Record<string, Pick<CurveStyle, 'color' | 'dash'>>> = {
  snip: { color: 'var(--series-1)', dash: '' },
  keyword: { color: 'var(--series-2)', dash: '8 3' },
  'activation-ratio': { color: 'var(--series-3)', dash: '8 3 2 3' },
  random: { color: 'var(--series-4)', dash: '3 3' },
}

/**
 * The line of a ranking where several are drawn. The `order`-th ranking of one method keeps its colour and takes another
 * dash. The control is grey everywhere.
 */
function methodStyle(method: string, control: boolean, shape: CurveStyle['shape'], order = 0): CurveStyle {
  if (control) return { color: 'var(--control)', dash: '6 4', shape }
  const { color, dash } = methodLooks[method] ?? { color: 'var(--series-5)', dash: '12 3' }
  return { color, dash: order === 0 ? dash : (['14 3', '5 2', '1 3'][(order - 1) % 3] ?? dash), shape }
}

interface NamedLine {
  readonly label: string
  readonly method: string
  readonly control: boolean
}

/** The style of one of several lines. Rankings of one method are told apart in the order of their labels, in every chart the same. */
export function styleAmong(line: NamedLine, lines: readonly NamedLine[], shape: CurveStyle['shape']): CurveStyle {
  const before = lines.filter(
    (other) => !other.control && other.method === line.method && other.label.localeCompare(line.label) < 0,
  )
  return methodStyle(line.method, line.control, shape, before.length)
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
