import { formatNumber } from './numbers.ts'

/** How much of the hue the weakest activation above zero still shows, and the strongest. */
const floor = 0.07
const ceiling = 0.62

/** Ratio of the strongest activation to the one that shows as the floor. */
const decades = 200

/**
 * Opacity of a token's shade: logarithmic, so that weak activations stay visible beside strong ones; 0 for an
 * activation of 0 or below.
 */
export function shadeOf(activation: number, scale: number): number {
  if (!(activation > 0) || !(scale > 0)) return 0
  const share = Math.min(1, activation / scale)
  return floor + (ceiling - floor) * (Math.log1p(share * decades) / Math.log1p(decades))
}

/** A number as it stands beside tokens and charts; "none" where there is no number. */
export function threeDigits(value: number | null | undefined): string {
  return formatNumber(value ?? Number.NaN)
}

/** A token with its white space made visible where white space is all there is. */
export function visiblePiece(piece: string): { text: string; blank: boolean; breaks: boolean } {
  if (piece === '') return { text: '∅', blank: true, breaks: false }
  if (/\S/u.test(piece)) return { text: piece, blank: false, breaks: piece.includes('\n') }
  let text = ''
  for (const character of piece) {
    text += character === '\n' ? '⏎' : character === '\t' ? '⇥' : character === '\r' ? '␍' : '·'
  }
  return { text, blank: true, breaks: piece.includes('\n') }
}

export type TokenContext = 'near' | 'snippet' | 'full'

/** Tokens on either side of the strongest one that are shown. */
const reach = { near: 5, snippet: 16, full: Number.POSITIVE_INFINITY } as const

/** The stretch of a window that a context width shows, around its strongest token; `to` is exclusive. */
export function stretchOf(
  activations: readonly number[],
  context: TokenContext,
): { from: number; to: number; peak: number } {
  let peak = 0
  for (let i = 1; i < activations.length; i++) if (activations[i]! > activations[peak]!) peak = i
  const from = Math.max(0, peak - reach[context])
  const to = Math.min(activations.length, peak + reach[context] + 1)
  return { from, to, peak }
}
