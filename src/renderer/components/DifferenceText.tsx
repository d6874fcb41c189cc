import { memo, useState, type KeyboardEvent } from 'react'
import { type DifferenceScale, shadeOf } from './difference-scale.ts'
import { formatSigned } from './numbers.ts'
import styles from './DifferenceText.module.css'

/** Tokens drawn at once: more would make every hover slow. */
const mostTokens = 3000

/** A token's log-probabilities, in nats. */
export interface DifferenceToken {
  readonly piece: string
  readonly original: number | null
  readonly unlearned: number | null
  readonly difference: number | null
}

/**
 * A text whose tokens are shaded by how much more (orange) or less (blue) likely they became. One stop for the keyboard:
 * arrows go from token to token; `onRead` gets the token under the pointer or the arrows.
 */
export const DifferenceText = memo(function DifferenceText({
  label,
  tokens,
  scale,
  onRead,
}: {
  label: string
  tokens: readonly DifferenceToken[]
  scale: DifferenceScale
  onRead: (token: DifferenceToken | null) => void
}) {
  const [active, setActive] = useState<number | null>(null)
  const shown = tokens.slice(0, mostTokens)
  const go = (index: number | null) => {
    setActive(index)
    onRead(index === null ? null : (shown[index] ?? null))
  }
  const key = (event: KeyboardEvent) => {
    const at = active ?? -1
    const next: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: shown.length - 1,
    }
    const target = next[event.key]
    if (target === undefined) return
    event.preventDefault()
    go(Math.min(shown.length - 1, Math.max(0, target)))
  }
  const current = active === null ? null : (shown[active] ?? null)
  return (
    <div
      className={styles.text}
      dir="auto"
      role="group"
      tabIndex={0}
      aria-label={`${label}, shaded by change of log-probability. Arrow keys read token by token.`}
      onKeyDown={key}
      onBlur={() => go(null)}
      onPointerLeave={() => go(null)}
    >
      {shown.map((token, index) => (
        <span
          key={index}
          className={styles.token}
          data-active={index === active || undefined}
          style={{ background: tokenColor(token.difference, scale) }}
          onPointerEnter={() => go(index)}
        >
          {token.piece}
        </span>
      ))}
      {tokens.length > mostTokens && (
        <p>
          The first {mostTokens.toLocaleString('en-US')} of {tokens.length.toLocaleString('en-US')} tokens are shown.
        </p>
      )}
      <span className="visually-hidden" role="status">
        {current === null ? '' : readToken(current)}
      </span>
    </div>
  )
})

function tokenColor(difference: number | null, scale: DifferenceScale): string {
  const { hue, share } = shadeOf(difference, scale)
  if (hue === 'none') return 'transparent'
  return `rgb(var(--${hue === 'lower' ? 'below' : 'above'}-rgb) / ${(0.5 * share).toFixed(3)})`
}

/** "river: −0.412 → −3.10 nats, change −2.69". */
export function readToken(token: DifferenceToken): string {
  const piece = token.piece.trim() === '' ? JSON.stringify(token.piece) : token.piece.trim()
  if (token.original === null || token.unlearned === null || token.difference === null) {
    return `${piece}: the first token has no probability`
  }
  const before = formatSigned(token.original)
  return `${piece}: ${before} → ${formatSigned(token.unlearned)} nats, change ${formatSigned(token.difference)}`
}

/** What the shades mean, in numbers. */
export function DifferenceLegend({ scale }: { scale: DifferenceScale }) {
  const steps = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]
  return (
    <div className={styles.legend}>
      <span>less likely {formatSigned(-scale.limit)}</span>
      <span className={styles.ramp} aria-hidden="true">
        {steps.map((step) => (
          <span key={step} style={{ background: tokenColor(step * scale.limit, scale) }} />
        ))}
      </span>
      <span>{formatSigned(scale.limit)} more likely, nats, 0 in the middle</span>
    </div>
  )
}
