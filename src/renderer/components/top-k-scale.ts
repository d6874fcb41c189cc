/** How k lies along the slider: evenly, or with the small counts drawn out. */
export type SliderScale = 'linear' | 'log'

/** Percents of all neurons that the slider marks. */
export const tickPercents = [0.5, 1, 2, 5, 10] as const

/** Where the logarithmic scale turns linear towards 0, as a share of the largest k. */
const linearShare = 0.002

function softening(max: number): number {
  return Math.max(1, max * linearShare)
}

/** Place of k along the slider, from 0 to 1. */
export function fractionOfK(k: number, max: number, scale: SliderScale): number {
  if (max <= 0) return 0
  const inside = Math.min(Math.max(k, 0), max)
  if (scale === 'linear') return inside / max
  const soft = softening(max)
  return Math.log1p(inside / soft) / Math.log1p(max / soft)
}

/** The k at a place along the slider, the inverse of `fractionOfK`, rounded to a whole neuron. */
export function kOfFraction(fraction: number, max: number, scale: SliderScale): number {
  const inside = Math.min(Math.max(fraction, 0), 1)
  if (scale === 'linear') return Math.round(inside * max)
  const soft = softening(max)
  return Math.min(max, Math.round(soft * Math.expm1(inside * Math.log1p(max / soft))))
}

/** k after a key on the slider: arrows 1, Page keys 10, with Shift ten times as many; null for any other key. */
export function kAfterKey(k: number, max: number, key: string, shift: boolean): number | null {
  const times = shift ? 10 : 1
  const steps: Record<string, number> = {
    ArrowRight: times,
    ArrowUp: times,
    ArrowLeft: -times,
    ArrowDown: -times,
    PageUp: 10 * times,
    PageDown: -10 * times,
  }
  if (key === 'Home') return 0
  if (key === 'End') return max
  const step = steps[key]
  return step === undefined ? null : Math.min(Math.max(k + step, 0), max)
}

/** The count that a percent of all neurons stands for, at most `max`: the same rounding as the plan's. */
export function kOfPercent(percent: number, neuronCount: number, max: number): number {
  return Math.min(max, Math.max(0, Math.round((percent / 100) * neuronCount)))
}

/** Percent of all neurons that k stands for. */
export function percentOfK(k: number, neuronCount: number): number {
  return neuronCount === 0 ? 0 : (100 * k) / neuronCount
}

/**
 * How many neurons go when all those with a score of `threshold` or more go. The first `pinnedAlways` go whatever their
 * score; the others fall in score.
 */
export function kOfThreshold(scores: ArrayLike<number>, pinnedAlways: number, threshold: number): number {
  let low = pinnedAlways
  let high = scores.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((scores[middle] ?? Number.NEGATIVE_INFINITY) >= threshold) low = middle + 1
    else high = middle
  }
  return low
}

/** "192 of 3,072 neurons (6.25 %)". */
export function describeK(k: number, neuronCount: number): string {
  const percent = percentOfK(k, neuronCount)
  return `${k.toLocaleString('en-US')} of ${neuronCount.toLocaleString('en-US')} neurons (${shortPercent(percent)} %)`
}

/** Three significant digits, without zeros at the end. */
export function shortPercent(percent: number): string {
  if (percent === 0) return '0'
  return String(Number(percent.toPrecision(3)))
}
