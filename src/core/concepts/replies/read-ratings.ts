import type { ChatReply } from '../language-model.ts'
import { plainReply } from './plain-reply.ts'
import { jsonNumbers } from './rating-json.ts'
import { readRatingLine, type ItemNumber } from './rating-line.ts'

/** The number that a reply gives each item, or why it gives none. */
export interface Rating {
  readonly value: number | null
  readonly reason?: string
}

/**
 * Reads ratings from 0 to `largest` of items 1 to `count`: lines of `number: rating`, whatever remark follows, or JSON. A rating out of
 * another number ("4/5", "40%") is taken to the scale that was asked for. Every item gets an answer of its own: one that is missing, given
 * twice with different values, given as a range or out of range has a reason and no number. Numbers of no item are passed over; a reply
 * that counts from 0 rates nothing, since all its numbers would be of the item before.
 */
export function readRatings(reply: ChatReply, count: number, largest: number): Rating[] {
  const all = (reason: string) => Array.from({ length: count }, (): Rating => ({ value: null, reason }))
  const plain = plainReply(reply)
  if (!plain.ok) return all(plain.reason)
  const numbers = jsonNumbers(plain.text, count) ?? lineNumbers(plain.text, reply.finish === 'length')
  if (typeof numbers === 'string') return all(numbers)
  const given = new Map<number, Map<string, number | null>>()
  for (const { item, rating } of numbers) {
    const value = onScale(rating, largest)
    const values = given.get(item) ?? new Map<string, number | null>()
    values.set(value === null ? rating.text : String(value), value)
    given.set(item, values)
  }
  if (given.has(0) && !given.has(count)) return all('the reply counts from 0')
  return Array.from({ length: count }, (_, i): Rating => {
    const values = [...(given.get(i + 1) ?? [])]
    const [first] = values
    if (first === undefined) return { value: null, reason: 'the reply leaves this concept out' }
    const texts = values.map(([text]) => text)
    if (texts.length > 1) return { value: null, reason: `the reply rates this concept as ${texts.join(' and as ')}` }
    const [text, value] = first
    if (value === null) {
      return { value, reason: `the reply rates this concept as ${text}, which is no number from 0 to ${largest}` }
    }
    if (value < 0 || value > largest) {
      return { value: null, reason: `the rating ${text} is not between 0 and ${largest}` }
    }
    return { value }
  })
}

/** A rating on the scale that was asked for; null for one that is no single number or of no scale. */
function onScale({ value, outOf }: ItemNumber['rating'], largest: number): number | null {
  if (value === null || outOf === null || outOf === largest) return value
  return outOf > 1 && value >= 0 && value <= outOf ? (value * largest) / outOf : null
}

function lineNumbers(text: string, isCut: boolean): ItemNumber[] {
  const lines = text.split(/\r?\n/)
  return (isCut ? lines.slice(0, -1) : lines).flatMap(readRatingLine)
}
