import { isRate, formatInterval, fullDigits, type NumberStyle } from './numbers.ts'
import styles from './components.module.css'

/** What a number is about; its colour means the same everywhere. */
export type Tone = 'forget' | 'retain' | 'control' | 'original' | 'unlearned'

/**
 * A number with its unit, followed by its interval in lighter ink: `31.1 % [28.4, 33.9]`. Three significant digits are
 * shown; copying it gives all digits. With `estimator`, rates are read as per cent. Changes are `signed`.
 */
export function Value({
  value,
  low = null,
  high = null,
  unit,
  signed,
  estimator,
  tone,
}: {
  value: number
  low?: number | null
  high?: number | null
  estimator?: string
  tone?: Tone
} & NumberStyle) {
  const rate = unit === undefined && estimator !== undefined && isRate(estimator)
  const style: NumberStyle = { unit: rate ? (signed === true ? 'points' : 'percent') : unit, signed }
  const text = formatInterval(value, low, high, style)
  const full = fullDigits(value, low, high)
  return (
    <span
      className={styles.value}
      title={full}
      style={tone ? { color: `var(--${tone}-ink)` } : {}}
      onCopy={(event) => {
        event.clipboardData.setData('text/plain', full)
        event.preventDefault()
      }}
    >
      {text.value}
      {text.interval !== null && <span className={styles.interval}>{text.interval}</span>}
    </span>
  )
}
