import type { ChatReply } from '../language-model.ts'
import { isMostlyLatin, plainReply, withoutMarkdown } from './plain-reply.ts'

/** Concepts of a reply, in its order, and what was left out. */
export type ListReading =
  | { readonly ok: true; readonly items: readonly string[]; readonly dropped: number }
  | { readonly ok: false; readonly reason: string }

const mostItems = 500
const longestItem = 500

/** "1." "1)" "(1)" "1:" "-" "*" and the like before an item. */
const marker = /^(?:\(?\d{1,3}[.):]|[-*•‣–])\s+/

/**
 * The items of a numbered or dotted list, or of a JSON array. Released code splits each line at its first full stop, which cuts
 * "e.g." and numbers; here only the marker goes. Lines without a marker are words around the list unless none has one. Items that are
 * repeated, too long or in another language are dropped and counted; of a reply that was cut off, the last item goes too.
 */
export function readList(reply: ChatReply): ListReading {
  const plain = plainReply(reply)
  if (!plain.ok) return plain
  const found = arrayItems(plain.text) ?? lineItems(plain.text)
  const complete = reply.finish === 'length' ? found.slice(0, -1) : found
  const items: string[] = []
  const seen = new Set<string>()
  for (const item of complete) {
    const text = withoutMarkdown(item)
      .replace(/\s+/g, ' ')
      .replace(/^\[|\]$/g, '')
      .trim()
    const key = text.toLowerCase().replace(/[.;]$/, '')
    if (!/\p{L}|\p{N}/u.test(text) || text.length > longestItem || !isMostlyLatin(text) || seen.has(key)) continue
    seen.add(key)
    if (items.length < mostItems) items.push(text)
  }
  if (items.length === 0) return { ok: false, reason: 'the reply holds no list of concepts' }
  return { ok: true, items, dropped: found.length - items.length }
}

function arrayItems(text: string): string[] | null {
  const body = text.replace(/^```(?:json)?\s*|\s*```$/g, '')
  if (!body.startsWith('[')) return null
  try {
    const values = JSON.parse(body) as unknown
    return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : null
  } catch {
    return null
  }
}

function lineItems(text: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('```'))
  const bare = (line: string) => line.replace(/^\*\*(?=\(?\d)/, '')
  const marked = lines.map(bare).filter((line) => marker.test(line))
  if (marked.length > 0) return marked.map((line) => line.replace(marker, ''))
  return lines.filter((line) => !line.endsWith(':'))
}
