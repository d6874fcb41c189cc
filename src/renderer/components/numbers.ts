const minus = '\u2212'

/** Estimators that are rates from 0 to 1; people read them as per cent. */
const rates: ReadonlySet<string> = new Set(['accuracy', 'top1', 'top10', 'freq', 'frequency'])

/** True when an estimator is a rate from 0 to 1, shown as per cent. */
export function isRate(estimator: string): boolean {
  return rates.has(estimator)
}

/** Three significant digits, `1,234` from a thousand on: `0.0412`, `3.62`, `31.1`, `1,234`, `1.23e-5`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? 'infinite' : `${minus}infinite`
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return proper(value.toExponential(2).replace('e+', 'e'))
  return fixed(value, decimalsFor(size))
}

/** The same with its sign, zero included: `+0.0412`, `−3.62`, `0`. */
export function formatSigned(value: number): string {
  return signed(value, formatNumber(value))
}

/** A fraction as per cent: `0.3108` is `31.1 %`. */
export function formatPercent(fraction: number): string {
  return `${formatNumber(100 * fraction)} %`
}

/** `1,234,567`. */
export function formatCount(value: number): string {
  return proper(value.toLocaleString('en-US'))
}

/** How far something is: `192 of 3,072 tokens`, or `13 %` where per cent are counted. */
export function formatProgress(done: number, total: number, unit = ''): string {
  if (unit === '%') return `${formatCount(total > 0 ? Math.floor((100 * done) / total) : 0)} %`
  return `${formatCount(done)} of ${formatCount(total)}${unit === '' ? '' : ` ${unit}`}`
}

/** `5.20 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${Math.round(value)} B` : `${value.toPrecision(3)} ${units[unit]}`
}

/** Parameters of a model at a glance: `2.6 M`, `124 M`, `7.0 B`. */
export function formatParameters(count: number): string {
  for (const [size, unit] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (count >= size) return `${(count / size).toFixed(count >= 100 * size ? 0 : 1)} ${unit}`
  }
  return String(count)
}

/** `45 s`, `4 min`, `2 h 5 min`; a started second or minute counts. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.ceil(seconds))} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Time of day, with the date when it was not today. `now` is for tests. */
export function formatTime(at: number, now = new Date()): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === now.toDateString()) return time
  return `${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`
}

/** How a number is read: its unit, and whether it is a change. */
export interface NumberStyle {
  /** `percent` reads fractions as per cent, `points` as percentage points; any other text stands behind the number. */
  readonly unit?: 'percent' | 'points' | (string & {}) | undefined
  /** Shows the sign, for changes. */
  readonly signed?: boolean | undefined
}

/** A value and its interval, three significant digits each: `{ value: '31.1 %', interval: '[28.4, 33.9]' }`. */
export function formatInterval(
  value: number,
  low: number | null,
  high: number | null,
  style: NumberStyle = {},
): { value: string; interval: string | null } {
  const scale = style.unit === 'percent' || style.unit === 'points' ? 100 : 1
  const unit = unitText(style.unit)
  const shown = value * scale
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) {
    const text = style.signed === true ? formatSigned(shown) : formatNumber(shown)
    return { value: `${text}${unit}`, interval: null }
  }
  const size = Math.max(Math.abs(shown), Math.abs(low * scale), Math.abs(high * scale))
  const half = (Math.abs(high - low) * scale) / 2
  const exponent = size !== 0 && size < 1e-3
  // Each number has its own three digits, and none further down than the interval can tell apart.
  const most = half === 0 ? 12 : decimalsFor(half)
  const write = (number: number) =>
    exponent ? formatNumber(number) : fixed(number, Math.min(decimalsFor(Math.abs(number)), most))
  const text = style.signed === true ? signed(shown, write(shown)) : write(shown)
  return { value: `${text}${unit}`, interval: `[${write(low * scale)}, ${write(high * scale)}]` }
}

/** All digits, as they are copied: a point, an ASCII minus, no separators, no unit. */
export function fullDigits(value: number, low: number | null = null, high: number | null = null): string {
  return low === null || high === null ? String(value) : `${value} [${low}, ${high}]`
}

function unitText(unit: string | undefined): string {
  if (unit === undefined || unit === '') return ''
  if (unit === 'percent') return ' %'
  return unit === 'points' ? ' points' : ` ${unit}`
}

function decimalsFor(size: number): number {
  if (size === 0) return 0
  // Rounding first: 9.996 has one decimal less than its floor of the logarithm says.
  const magnitude = Math.floor(Math.log10(Number(size.toPrecision(3))))
  return Math.min(12, Math.max(0, 2 - magnitude))
}

/** By hand: a page of tokens has a thousand numbers, and toLocaleString took half of the time that drawing it takes. */
function fixed(value: number, decimals: number): string {
  const [whole = '', fraction] = value.toFixed(decimals).split('.')
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`
  return proper(/^-[0.,]*$/.test(text) ? text.slice(1) : text)
}

function signed(value: number, text: string): string {
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text
}

function proper(text: string): string {
  return text.startsWith('-') ? `${minus}${text.slice(1)}` : text
}
