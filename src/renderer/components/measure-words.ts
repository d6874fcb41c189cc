/** How the views speak of an estimator. Values of rates are shares from 0 to 1. */
export interface MeasureWords {
  readonly name: string
  readonly kind: 'rate' | 'nats' | 'number'
  readonly better: 'higher' | 'lower'
}

const known: Record<string, MeasureWords> = {
  accuracy: { name: 'Accuracy', kind: 'rate', better: 'higher' },
  top1: { name: 'Top-1 accuracy', kind: 'rate', better: 'higher' },
  top10: { name: 'Top-10 accuracy', kind: 'rate', better: 'higher' },
  lossNats: { name: 'Loss', kind: 'nats', better: 'lower' },
  perplexityExpMean: { name: 'Perplexity (exp of mean loss)', kind: 'number', better: 'lower' },
  perplexityMeanExp: { name: 'Perplexity (mean of exp loss)', kind: 'number', better: 'lower' },
}

export function wordsOf(estimator: string): MeasureWords {
  return known[estimator] ?? { name: estimator, kind: 'number', better: 'higher' }
}

const minus = '\u2212'

/** Three significant digits with a true minus sign; whole thousands are kept whole. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'none' : value > 0 ? '∞' : `${minus}∞`
  const size = Math.abs(value)
  const text =
    size >= 999.5
      ? Math.round(size).toLocaleString('en-US')
      : size > 0 && size < 0.001
        ? size.toExponential(2).replace('e-', `e${minus}`)
        : trimmed(size)
  return value < 0 && Number(size.toPrecision(3)) !== 0 ? `${minus}${text}` : text
}

function trimmed(size: number): string {
  return size === 0 ? '0' : size.toPrecision(3)
}

export function signed(value: number): string {
  return value > 0 ? `+${threeDigits(value)}` : threeDigits(value)
}

/** Factor and unit in which an estimator is shown. */
export function shownUnit(estimator: string): { factor: number; unit: string; deltaUnit: string } {
  const { kind } = wordsOf(estimator)
  if (kind === 'rate') return { factor: 100, unit: '%', deltaUnit: 'points' }
  if (kind === 'nats') return { factor: 1, unit: 'nats', deltaUnit: 'nats' }
  return { factor: 1, unit: '', deltaUnit: '' }
}

/** "38.3 %", "4.28 nats", "72.5". */
export function showMeasure(value: number, estimator: string): string {
  const { factor, unit } = shownUnit(estimator)
  return join(threeDigits(value * factor), unit)
}

/** "+0.204 nats", "−3.33 points". */
export function showDelta(value: number, estimator: string): string {
  const { factor, deltaUnit } = shownUnit(estimator)
  return join(signed(value * factor), deltaUnit)
}

/** "[27.1, 51.0]" in the unit of the value, without naming it again. */
export function showInterval(low: number, high: number, estimator: string, sign = false): string {
  const { factor } = shownUnit(estimator)
  const show = sign ? signed : threeDigits
  return `[${show(low * factor)}, ${show(high * factor)}]`
}

function join(text: string, unit: string): string {
  return unit === '' ? text : `${text} ${unit}`
}

/** How much worse the unlearned model is: a fall of what should be high, a rise of what should be low. */
export function dropOf(original: number, unlearned: number, estimator: string): number {
  return wordsOf(estimator).better === 'higher' ? original - unlearned : unlearned - original
}

/** "drop of accuracy, points", "rise of loss, nats": what an axis of drops shows. */
export function dropTitle(estimator: string): string {
  const { name, better } = wordsOf(estimator)
  const { deltaUnit } = shownUnit(estimator)
  const title = `${better === 'higher' ? 'drop' : 'rise'} of ${name.charAt(0).toLowerCase()}${name.slice(1)}`
  return deltaUnit === '' ? title : `${title}, ${deltaUnit}`
}
