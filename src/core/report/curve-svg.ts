import { type Html, html } from './html.ts'
import { formatNumber, measureStyle } from './numbers.ts'

/** A measure over k with its 95 % intervals. */
export interface Curve {
  readonly label: string
  /** The random control: drawn in grey. */
  readonly control: boolean
  readonly points: readonly {
    readonly k: number
    readonly value: number
    readonly low: number
    readonly high: number
  }[]
}

const size = { width: 640, height: 280, left: 64, right: 16, top: 12, bottom: 40 }
const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 4', '1 4', '12 3']

/** Curves as a picture with a key. Colour, dash and mark tell them apart; the numbers stand in the table after it. */
export function curveSvg(curves: readonly Curve[], estimator: string, title: string): Html {
  const { scale, unit } = measureStyle(estimator)
  const points = curves.flatMap((curve) => curve.points)
  const mostK = Math.max(1, ...points.map(({ k }) => k))
  const [low, high] = rangeOf(points.flatMap((point) => [point.low, point.high, point.value]).map((v) => v * scale))
  const x = (k: number) => round(size.left + (k / mostK) * (size.width - size.left - size.right))
  const y = (value: number) =>
    round(size.top + (1 - (value * scale - low) / (high - low)) * (size.height - size.top - size.bottom))
  const bottom = size.height - size.bottom
  let color = 0
  const drawn = curves.map((curve) => ({ curve, style: curve.control ? 'c' : String(color++ % 6) }))
  return html`<figure>
    <svg role="img" viewBox="0 0 ${size.width} ${size.height}" aria-label="${title}">
      ${ticksOf(low, high, 5).map(
        (value) =>
          html`<line
              class="grid"
              x1="${size.left}"
              x2="${size.width - size.right}"
              y1="${y(value / scale)}"
              y2="${y(value / scale)}"
            /><text class="tick" text-anchor="end" x="${size.left - 6}" y="${y(value / scale) + 4}"
              >${formatTick(value)}</text
            >`,
      )}
      ${ticksOf(0, mostK, 6).map(
        (k) => html`<text class="tick" text-anchor="middle" x="${x(k)}" y="${bottom + 16}">${formatTick(k)}</text>`,
      )}
      <line class="axis" x1="${size.left}" x2="${size.width - size.right}" y1="${bottom}" y2="${bottom}" />
      <text class="tick" text-anchor="middle" x="${(size.left + size.width) / 2}" y="${size.height - 6}">
        neurons removed
      </text>
      <text class="tick" text-anchor="middle" transform="rotate(-90)" x="${-(bottom + size.top) / 2}" y="14">
        ${measureStyle(estimator).name}${unit === '' ? '' : `,${unit}`}
      </text>
      ${drawn.map(({ curve: { points: own }, style }, at) => {
        const band = [
          ...own.map((point) => `${x(point.k)},${y(point.high)}`),
          ...own.toReversed().map((point) => `${x(point.k)},${y(point.low)}`),
        ]
        return html`<polygon class="band s${style}" points="${band.join(' ')}" /><polyline
            class="line s${style}"
            stroke-dasharray="${dashes[at % dashes.length] ?? ''}"
            points="${own.map((point) => `${x(point.k)},${y(point.value)}`).join(' ')}"
          />${own.map((point) => html`<circle class="dot s${style}" r="2.5" cx="${x(point.k)}" cy="${y(point.value)}" />`)}`
      })}
    </svg>
    <figcaption>
      <ul class="key">
        ${drawn.map(
          ({ curve, style }, at) =>
            html`<li>
              <svg aria-hidden="true" width="28" height="8">
                <line
                  class="line s${style}"
                  stroke-dasharray="${dashes[at % dashes.length] ?? ''}"
                  x1="0"
                  x2="28"
                  y1="4"
                  y2="4"
                />
              </svg>
              <bdi>${curve.label}</bdi>
            </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`
}

function rangeOf(values: readonly number[]): [number, number] {
  const low = Math.min(...values)
  const high = Math.max(...values)
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1]
  if (high === low) return [low - 1, high + 1]
  const room = (high - low) * 0.05
  return [low - room, high + room]
}

/** Round numbers from `low` to `high`, about `count` of them. */
function ticksOf(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? 10 * power
  const ticks: number[] = []
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at++) ticks.push(at * step)
  return ticks
}

function formatTick(value: number): string {
  const text = formatNumber(Number(value.toPrecision(6)))
  return /\.\d*0+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
