const minus = '\u2212'
const rates: ReadonlySet<string> = new Set(['accuracy', 'top1', 'top10'])

/** Three significant digits, `1,234` from a thousand on: `0.0412`, `3.62`, `1.23e-5`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? 'infinite' : `${minus}infinite`
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e9)) return proper(value.toExponential(2).replace('e+', 'e'))
  return fixed(value, decimalsFor(size))
}

/** `1,234,567`. */
export function formatCount(value: number): string {
  return proper(value.toLocaleString('en-US'))
}

/** `1 neuron`, `1,234 neurons`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
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

/** A moment as documents hold it, the same on every machine: `2026-01-01 00:00 UTC`. */
export function formatMoment(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** What a number of an estimator is called and read in. */
export interface MeasureStyle {
  readonly name: string
  /** Behind values, and behind changes. */
  readonly unit: string
  readonly changeUnit: string
  /** Rates from 0 to 1 are read as per cent. */
  readonly scale: number
}

const names: Readonly<Record<string, string>> = {
  accuracy: 'Accuracy',
  top1: 'Top-1 accuracy',
  top10: 'Top-10 accuracy',
  lossNats: 'Loss',
  perplexityExpMean: 'Perplexity (exp of mean loss)',
  perplexityMeanExp: 'Perplexity (mean of exp loss)',
}

export function measureStyle(estimator: string): MeasureStyle {
  const name = names[estimator] ?? estimator
  if (rates.has(estimator)) return { name, unit: ' %', changeUnit: ' points', scale: 100 }
  const unit = estimator === 'lossNats' ? ' nats' : ''
  return { name, unit, changeUnit: unit, scale: 1 }
}

/** A value and its interval, three significant digits each, as on the screen: `{ value: '31.1 %', interval: '[28.4, 33.9]' }`. */
export function formatMeasure(
  { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  estimator: string,
  signed = false,
): { value: string; interval: string } {
  const { scale, unit, changeUnit } = measureStyle(estimator)
  const shown = value * scale
  const size = Math.max(Math.abs(shown), Math.abs(low * scale), Math.abs(high * scale))
  const half = (Math.abs(high - low) * scale) / 2
  // Each number has its own three digits, and none further down than the interval can tell apart.
  const most = half === 0 ? 12 : decimalsFor(half)
  const write = (number: number) =>
    size !== 0 && size < 1e-3 ? formatNumber(number) : fixed(number, Math.min(decimalsFor(Math.abs(number)), most))
  const text = write(shown)
  const sign = signed && shown > 0 && /[1-9]/.test(text) ? '+' : ''
  return {
    value: `${sign}${text}${signed ? changeUnit : unit}`,
    interval: `[${write(low * scale)}, ${write(high * scale)}]`,
  }
}

function decimalsFor(size: number): number {
  if (size === 0) return 0
  const magnitude = Math.floor(Math.log10(Number(size.toPrecision(3))))
  return Math.min(12, Math.max(0, 2 - magnitude))
}

function fixed(value: number, decimals: number): string {
  const text = value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  return proper(/^-[0.,]*$/.test(text) ? text.slice(1) : text)
}

function proper(text: string): string {
  return text.startsWith('-') ? `${minus}${text.slice(1)}` : text
}
