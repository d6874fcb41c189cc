/** A rating as a reply writes it: a number, out of another one where it says so; `value` is null for a range or for words. */
export interface WrittenRating {
  readonly text: string
  readonly value: number | null
  readonly outOf: number | null
}

export interface ItemNumber {
  readonly item: number
  readonly rating: WrittenRating
}

/** Characters of a line that are looked at. */
const longestLine = 1000

/** What stands around numbers: of a table, of a list, of bold, of JSON that was cut off. */
const around = String.raw`[\s|*_"'\[\]]{0,12}`
const head = new RegExp(
  String.raw`^[\s|*_#"'(\[{-]{0,12}(?:(?:concept|example|item|neuron|rating|no\.?)\s{0,3}#?)?(\d{1,6})${around}([:.)=|–—-])${around}`,
  'i',
)
const amount = String.raw`(-?\d{1,6}(?:\.\d{1,6})?)(?![\w⁄]|\.\d)`
const scale = String.raw`(?:\s{0,3}(?:\/|out of|of)\s{0,3}(\d{1,6})(?![\w⁄]|\.\d)|\s?(%))?`
const rating = new RegExp(`^${amount}${scale}`, 'i')
const lastRating = new RegExp(String.raw`(?:[:=]|\s[–—-])\s{0,3}[*_]{0,2}${amount}${scale}[\s|*_.]{0,12}$`, 'i')
/** "7-8", "7 to 8", "3 or 4", "7 8": no single number. */
const range = /^\s{0,3}(?:[-–—~]|to|or|and)?\s{0,3}\d/i
/** Behind "12: 7" anything that is no further word of a sentence may follow; behind "12. 7" a remark must be marked as one. */
const markedRemark = /^[\s*_"'\]]{0,12}(?:$|[,;:.|([{#}–—-])/
const plainRemark = /^(?:$|[^\w])/

/** Several "1: 7" on a line, with nothing between but commas. */
const pairs = /^(?:\s{0,3}\d{1,6}\s{0,3}[:=]\s{0,3}-?\d{1,6}(?:\.\d{1,6})?\s{0,3}[,;]?){2,200}$/
const pair = /(\d{1,6})\s{0,3}[:=]\s{0,3}(-?\d{1,6}(?:\.\d{1,6})?)/g

/** The item and the rating of a line, of each pair where it holds several; none for other lines. */
export function readRatingLine(line: string): ItemNumber[] {
  const text = line.slice(0, longestLine)
  if (pairs.test(text)) {
    return Array.from(text.matchAll(pair), ([, item, value]) => ({
      item: Number(item),
      rating: { text: value!, value: Number(value), outOf: null },
    }))
  }
  const before = head.exec(text)
  if (!before) return []
  const item = Number(before[1])
  const rest = text.slice(before[0].length)
  const found = rating.exec(rest)
  const remark = found ? rest.slice(found[0].length) : ''
  const isMarked = before[2] === '.' || before[2] === ')'
  const first = found && (isMarked ? markedRemark : plainRemark).test(remark) ? found : null
  // "3. verbs of motion: 7" repeats what it rates; "3. 20 - 30 years: 7" begins with a number that is none of ours.
  const last = lastRating.exec(first ? remark : rest)
  if (first && range.test(remark)) return [{ item, rating: noNumber(rest) }]
  if (first && last && Number(last[1]) !== Number(first[1])) return [{ item, rating: noNumber(rest) }]
  const one = first ?? last
  return one ? [{ item, rating: ratingOf(one) }] : []
}

/** A rating alone: "7", "4/5", "40%", "7 - important". */
export function readWrittenRating(text: string): WrittenRating {
  const found = rating.exec(text.trim())
  const remark = found ? text.trim().slice(found[0].length) : ''
  return found && plainRemark.test(remark) && !range.test(remark) ? ratingOf(found) : noNumber(text)
}

function ratingOf([text, value, outOf, percent]: RegExpExecArray): WrittenRating {
  const scaleOf = percent === undefined ? (outOf ?? null) : 100
  return {
    text: text.replace(/^\s?[:=–—-]\s*/, ''),
    value: Number(value),
    outOf: scaleOf === null ? null : Number(scaleOf),
  }
}

function noNumber(text: string): WrittenRating {
  return { text: text.trim().slice(0, 40), value: null, outOf: null }
}
