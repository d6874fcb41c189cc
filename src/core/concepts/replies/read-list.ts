import type { ChatReply } from '../language-model.ts'
import { conceptFailureIn, failureIn } from './failure-text.ts'
import { withoutFence } from './fence.ts'
import { tableItems } from './markdown-table.ts'
import { isMostlyLatin, plainReply, withoutMarkdown } from './plain-reply.ts'
import { withoutUnseen } from './reply-characters.ts'

/** Concepts of a reply, in its order, and what was left out. */
export type ListReading =
  | { readonly ok: true; readonly items: readonly string[]; readonly dropped: number }
  | { readonly ok: false; readonly reason: string }

const mostItems = 500
const longestItem = 500
/** Characters of the longest line that may be an item without a marker: longer ones are prose. */
const longestBareItem = 120

/** "1." "1)" "(1)" "1:" before an item, also without a space; "1.5", "10:30" and "3D" are none. */
const number = /^\(?\d{1,3}[.):](?!\d)\s*/
const bullet = /^(?:[-*–]\s+|[•‣·]\s*)/
/** "-verbs": a bullet only where every line has one, since "-ing" is an ending. */
const tightBullet = /^[-–*](?=[\p{L}"'“])(?!.*\*$)/u

/**
 * The items of a numbered or dotted list, of a JSON array, or of a markdown table. Released code splits each line at its first full
 * stop, which cuts "e.g." and numbers; here only the marker goes. Lines without a marker are words around the list; where none has one,
 * several short lines are a list and anything else is not. Items that are failures (see `conceptFailureIn`), repeated, too long or in another
 * language are dropped and counted; of a reply that was cut off, the last item goes too.
 */
export function readList(reply: ChatReply): ListReading {
  const plain = plainReply(reply)
  if (!plain.ok) return plain
  const found = itemsOf(plain.text)
  if (!Array.isArray(found)) return found
  const complete = reply.finish === 'length' ? found.slice(0, -1) : found
  const items: string[] = []
  const seen = new Set<string>()
  let failure: string | null = null
  for (const item of complete) {
    // Once more: in JSON such characters are written as escapes.
    const text = withoutMarkdown(withoutUnseen(item))
      .replace(/\s+/g, ' ')
      .replace(/^\[|\]$/g, '')
      .trim()
    const key = text.toLowerCase().replace(/[.;]$/, '')
    if (!/\p{L}|\p{N}/u.test(text) || text.length > longestItem || seen.has(key)) continue
    // As it came, too: what stands in brackets may stand for something else.
    const reason = conceptFailureIn(item) ?? conceptFailureIn(text)
    failure ??= reason
    if (reason !== null || !isMostlyLatin(text)) continue
    seen.add(key)
    if (items.length < mostItems) items.push(text)
  }
  if (items.length === 0) return failed(failure ?? 'the reply holds no list of concepts')
  return { ok: true, items, dropped: found.length - items.length }
}

function itemsOf(text: string): string[] | Extract<ListReading, { ok: false }> {
  const body = withoutFence(text)
  const json = jsonItems(body)
  if (json !== null) return json
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('```'))
  const table = tableItems(lines)
  if (table !== null) return table
  const marked = markedItems(lines)
  if (marked.length > 0) return marked
  const failure = failureIn(text)
  if (failure !== null) return failed(failure)
  const bare = lines.filter((line) => !line.endsWith(':'))
  const isList = bare.length > 1 && bare.every((line) => line.length <= longestBareItem)
  return isList ? bare : failed('the reply holds no list of concepts')
}

function markedItems(lines: readonly string[]): string[] {
  const plain = lines.map((line) => line.replace(/^\*\*(?=\(?\d)/, ''))
  const items = plain.flatMap((line) => {
    const marker = number.exec(line) ?? bullet.exec(line)
    const item = marker === null ? '' : line.slice(marker[0].length)
    return item === '' ? [] : [item]
  })
  if (items.length > 0) return items
  const below = plain.filter((line, i) => !(i === 0 && line.endsWith(':')))
  const areEndings = below.every((line) => /^[-–]\p{L}{1,4}$/u.test(line))
  const isTight = below.length > 1 && !areEndings && below.every((line) => tightBullet.test(line))
  return isTight ? below.map((line) => line.replace(tightBullet, '')) : []
}

/** Texts of a JSON array, or of the only array of an object; what is no text is an empty item. Null for other texts. */
function jsonItems(body: string): string[] | null {
  if (!body.startsWith('[') && !body.startsWith('{')) return null
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    // Cut off: the texts that are whole.
    if (!/^\[\s*"/.test(body)) return null
    const texts = [...body.matchAll(/"((?:[^"\\\n]|\\.)*)("?)/g)]
    return texts.flatMap(([, inside, end]) => (end === '' ? [] : [inside!]))
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const [only, ...others] = Object.values(value)
    value = others.length === 0 && !('error' in value) ? only : null
  }
  return Array.isArray(value) ? value.map((item) => (typeof item === 'string' ? item : '')) : null
}

function failed(reason: string): Extract<ListReading, { ok: false }> {
  return { ok: false, reason }
}
