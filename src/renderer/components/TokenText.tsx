import { memo, useId, useState } from 'react'
import type { CSSProperties, KeyboardEvent } from 'react'
import { shadeOf, stretchOf, threeDigits, visiblePiece } from './TokenTextShade.ts'
import type { TokenContext } from './TokenTextShade.ts'
import styles from './TokenText.module.css'

export interface TokenTextProps {
  readonly pieces: readonly string[]
  readonly activations: readonly number[]
  /** The activation that takes the full shade. */
  readonly scale: number
  readonly context: TokenContext
  /** Line breaks in the text break the line. */
  readonly lineBreaks: boolean
  /** What the concept predicts, drawn as a second row under the real one. */
  readonly simulated?: readonly number[] | null
  /** The prediction that takes the full shade; that of the activations when left out. */
  readonly simulatedScale?: number
  /** Predictions below it are unshaded; 0 when left out. */
  readonly simulatedFrom?: number
  /** Where the text stands, for those who cannot see it: "token 640". */
  readonly place: string
}

/**
 * A window of tokens as running text, each shaded by its activation. The strongest token and its value stand in the
 * gutter; hovering shows any token's number, and so do the arrow keys once the text has focus.
 */
export const TokenText = memo(function TokenText(props: TokenTextProps) {
  const { pieces, activations, scale, simulated, place } = props
  const { from, to, peak } = stretchOf(activations, props.context)
  const strongest = visiblePiece(pieces[peak] ?? '').text
  return (
    <div className={styles.window}>
      <div className={styles.gutter} aria-hidden="true">
        <span className={styles.max}>{threeDigits(activations[peak])}</span>
        <span className={styles.peak} dir="auto">
          {strongest}
        </span>
      </div>
      <div className={styles.rows}>
        <TokenRow
          {...props}
          values={activations}
          from={from}
          to={to}
          kind="real"
          label={`${place}: strongest token ${strongest}, ${threeDigits(activations[peak])}`}
          scale={scale}
        />
        {simulated ? (
          <TokenRow
            {...props}
            values={simulated}
            from={from}
            to={to}
            kind="simulated"
            label={`${place}, as the concept predicts it`}
            scale={props.simulatedScale ?? scale}
            shadedFrom={props.simulatedFrom ?? 0}
          />
        ) : null}
      </div>
    </div>
  )
})

interface TokenRowProps {
  readonly pieces: readonly string[]
  readonly values: readonly number[]
  readonly from: number
  readonly to: number
  readonly scale: number
  readonly shadedFrom?: number
  readonly lineBreaks: boolean
  readonly kind: 'real' | 'simulated'
  readonly label: string
}

function TokenRow({ pieces, values, from, to, scale, shadedFrom = 0, lineBreaks, kind, label }: TokenRowProps) {
  const [current, setCurrent] = useState<number | null>(null)
  const readout = useId()

  function move(event: KeyboardEvent) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0 || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopPropagation()
    const start = step > 0 ? from - 1 : to
    setCurrent(Math.min(to - 1, Math.max(from, (current ?? start) + step)))
  }

  const tokens = []
  for (let i = from; i < to; i++) {
    const shown = visiblePiece(pieces[i] ?? '')
    const value = values[i] ?? 0
    const text = lineBreaks ? shown.text : shown.text.replaceAll('\n', '⏎')
    tokens.push(
      <span
        key={i}
        className={styles.token}
        data-blank={shown.blank || undefined}
        data-value={threeDigits(value)}
        data-current={current === i || undefined}
        style={{ '--shade': value < shadedFrom ? 0 : shadeOf(value, scale) } as CSSProperties}
      >
        {text}
      </span>,
    )
    if (lineBreaks && shown.breaks && shown.blank) tokens.push(<br key={`${i} break`} />)
  }
  return (
    <div className={styles.line} data-kind={kind}>
      {kind === 'simulated' ? <span className={styles.kind}>simulated</span> : null}
      <div
        className={styles.text}
        role="group"
        aria-label={label}
        aria-describedby={readout}
        tabIndex={0}
        dir="auto"
        data-breaks={lineBreaks || undefined}
        onKeyDown={move}
        onBlur={() => setCurrent(null)}
      >
        {from > 0 ? <span className={styles.more}>… </span> : null}
        {tokens}
        {to < values.length ? <span className={styles.more}> …</span> : null}
      </div>
      <span id={readout} className={styles.readout} aria-live="polite">
        {current === null ? '' : `${visiblePiece(pieces[current] ?? '').text}: ${threeDigits(values[current])}`}
      </span>
    </div>
  )
}
