import type { Result } from '../../../contract/result.ts'

/** Estimators that are rates from 0 to 1; people read them as per cent. */
const rates: ReadonlySet<string> = new Set(['accuracy', 'top1', 'top10'])

/** A result as people read it: `31.1 % [28.4, 33.9]`, `3.624 [3.601, 3.648]`, or the reason why there is none. */
export function formatResult(result: Result): string {
  if (!result.ok) return `not measured: ${result.failure.message}`
  const { value, ci, estimator } = result
  if (rates.has(estimator)) {
    return `${(100 * value).toFixed(1)} % [${(100 * ci.low).toFixed(1)}, ${(100 * ci.high).toFixed(1)}]`
  }
  return `${formatNumber(value)} [${formatNumber(ci.low)}, ${formatNumber(ci.high)}]`
}

/** Four significant places, without an exponent where that stays short. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(3)
  if (size >= 1000) return value.toFixed(0)
  return value.toPrecision(4)
}

/** `1,234,567`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US')
}

/** `5.2 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}
