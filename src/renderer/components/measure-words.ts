import { formatInterval, formatSigned, isRate, type NumberStyle } from './numbers.ts'

/** How the views speak of an estimator, and which way is better. */
export interface MeasureWords {
  readonly name: string
  readonly better: 'higher' | 'lower'
}

const known: Record<string, MeasureWords> = {
  accuracy: { name: 'Accuracy', better: 'higher' },
  top1: { name: 'Top-1 accuracy', better: 'higher' },
  top10: { name: 'Top-10 accuracy', better: 'higher' },
  lossNats: { name: 'Loss', better: 'lower' },
  perplexityExpMean: { name: 'Perplexity (exp of mean loss)', better: 'lower' },
  perplexityMeanExp: { name: 'Perplexity (mean of exp loss)', better: 'lower' },
}

export function wordsOf(estimator: string): MeasureWords {
  return known[estimator] ?? { name: estimator, better: 'higher' }
}

/** Unit in which values (or, with `signed`, changes) of an estimator are shown. */
export function styleOf(estimator: string, signed = false): NumberStyle {
  if (isRate(estimator)) return { unit: signed ? 'points' : 'percent', signed }
  return estimator === 'lossNats' ? { unit: 'nats', signed } : { signed }
}

/** "38.3 %", "4.28 nats", "72.5". */
export function showMeasure(value: number, estimator: string): string {
  return formatInterval(value, null, null, styleOf(estimator)).value
}

/** "38.3 % [27.1, 51.0]". */
export function showMeasured(value: number, low: number, high: number, estimator: string): string {
  const { value: text, interval } = formatInterval(value, low, high, styleOf(estimator))
  return interval === null ? text : `${text} ${interval}`
}

/** "+0.204 nats", "−3.33 points". */
export function showDelta(value: number, estimator: string): string {
  return formatInterval(value, null, null, styleOf(estimator, true)).value
}

/** The number of an axis, without its unit: rates as per cent. */
export function showTick(value: number, estimator: string, signed = false): string {
  const shown = Number((value * (isRate(estimator) ? 100 : 1)).toPrecision(6))
  const text = signed ? formatSigned(shown) : String(shown)
  const number = signed && /\.\d*0+$/.test(text) ? text.replace(/\.?0+$/, '') : text
  return number.replace('-', '\u2212')
}

/** "accuracy, %": what an axis of values shows. */
export function axisTitle(estimator: string): string {
  const { unit } = styleOf(estimator)
  const name = lowerFirst(wordsOf(estimator).name)
  if (unit === undefined) return name
  return `${name}, ${unit === 'percent' ? '%' : unit}`
}

/** How much worse the unlearned model is: a fall of what should be high, a rise of what should be low. */
export function dropOf(original: number, unlearned: number, estimator: string): number {
  return wordsOf(estimator).better === 'higher' ? original - unlearned : unlearned - original
}

/** "drop of accuracy, points", "rise of loss, nats": what an axis of drops shows. */
export function dropTitle(estimator: string): string {
  const { name, better } = wordsOf(estimator)
  const { unit } = styleOf(estimator, true)
  const title = `${better === 'higher' ? 'drop' : 'rise'} of ${lowerFirst(name)}`
  return unit === undefined ? title : `${title}, ${unit}`
}

export function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
