import type { ChatReply } from '../language-model.ts'
import { plainReply } from './plain-reply.ts'

/** Characters of the longest line that rates a concept. */
const longestLine = 200

/** The number that a reply gives each item, or why it gives none. */
export interface Rating {
  readonly value: number | null
  readonly reason?: string
}

/**
 * Reads `number: rating` lines for items 1 to `count`, ratings from 0 to `largest`. Every item gets an answer of its own: one that
 * is missing, given twice with different values or out of range has a reason and no number. Numbers of no item are passed over.
 */
export function readRatings(reply: ChatReply, count: number, largest: number): Rating[] {
  const plain = plainReply(reply)
  if (!plain.ok) return Array.from({ length: count }, () => ({ value: null, reason: plain.reason }))
  const given = new Map<number, Set<number>>()
  // A table cell, a bullet, bold: all that may stand around "12: 7" or "12. 7/10".
  const line =
    /^[\s|*_#-]*(?:concept\s*)?(\d{1,6})[\s|*_]*[:.)=|–-][\s|*_]*(-?\d+(?:\.\d+)?)(?:\s*\/\s*\d+)?[\s|*_.]*$/i
  const lines = plain.text.split(/\r?\n/)
  const whole = reply.finish === 'length' ? lines.slice(0, -1) : lines
  for (const text of whole) {
    const match = text.length > longestLine ? null : line.exec(text)
    if (!match) continue
    const item = Number(match[1])
    const values = given.get(item) ?? new Set<number>()
    values.add(Number(match[2]))
    given.set(item, values)
  }
  return Array.from({ length: count }, (_, i): Rating => {
    const values = [...(given.get(i + 1) ?? [])]
    const [value] = values
    if (value === undefined) return { value: null, reason: 'the reply leaves this concept out' }
    if (values.length > 1) return { value: null, reason: `the reply rates this concept as ${values.join(' and as ')}` }
    if (value < 0 || value > largest)
      return { value: null, reason: `the rating ${value} is not between 0 and ${largest}` }
    return { value }
  })
}
