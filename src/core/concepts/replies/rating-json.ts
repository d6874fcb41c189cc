import { withoutFence } from './fence.ts'
import { readWrittenRating, type ItemNumber, type WrittenRating } from './rating-line.ts'

const itemKeys = ['number', 'id', 'index', 'item', 'concept', 'example', 'neuron', 'no', 'n']
const ratingKeys = ['rating', 'score', 'value', 'answer', 'importance', 'relevance', 'label', 'judgement', 'judgment']

/**
 * Numbers of a reply that is JSON: `{"1": 7}`, `{"1": {"rating": 7}}`, `[7, 8]`, `[{"number": 1, "rating": 7}]`, or one of these as the only
 * value of an object. A reason where it is JSON of another number of values; null for what is no JSON.
 */
export function jsonNumbers(text: string, count: number): ItemNumber[] | string | null {
  const body = bodyOf(text)
  if (body === null) return null
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return null
  }
  // Of a key that comes twice a parser keeps the last, and nobody would see that they differ.
  const pairs = Array.from(body.matchAll(/"(\d{1,6})"\s*:\s*"?([^",}]{0,40})/g))
  if (!Array.isArray(json) && new Set(pairs.map(([, key]) => key)).size < pairs.length) {
    return pairs.map(([, key, value]) => ({ item: Number(key), rating: readWrittenRating(value!) }))
  }
  return numbersOf(json, count, true)
}

function bodyOf(text: string): string | null {
  const body = /^[[{]|^```/.test(text) ? withoutFence(text) : /```(?:json)?\s*([[{][^`]*)```/.exec(text)?.[1]?.trim()
  return body !== undefined && /^[[{]/.test(body) ? body : null
}

function numbersOf(json: unknown, count: number, mayWrap: boolean): ItemNumber[] | string | null {
  if (Array.isArray(json)) {
    const named = json.map((value) => itemOf(value))
    const isNamed = named.length > 0 && named.every((item) => item !== null)
    if (!isNamed && json.length !== count) return `the reply has ${json.length} ratings where ${count} were asked for`
    return json.map((value, i) => ({ item: isNamed ? named[i]! : i + 1, rating: ratingOf(value) }))
  }
  if (!isRecord(json)) return null
  const entries = Object.entries(json)
  const numbered = entries.flatMap(([key, value]) => {
    const item = numberOf(key)
    return item === null ? [] : [{ item, rating: ratingOf(value) }]
  })
  if (numbered.length > 0) return numbered
  const inner = entries.map(([, value]) => value).filter((value) => Array.isArray(value) || isRecord(value))
  if (mayWrap && inner.length === 1) return numbersOf(inner[0], count, false)
  const item = itemOf(json)
  return item === null ? null : [{ item, rating: ratingOf(json) }]
}

function itemOf(value: unknown): number | null {
  if (!isRecord(value)) return null
  for (const key of itemKeys) {
    const item = numberOf(String(value[key]))
    if (item !== null) return item
  }
  return null
}

function ratingOf(value: unknown): WrittenRating {
  const own = isRecord(value) ? ratingKeys.map((key) => value[key]).find((given) => given !== undefined) : value
  if (typeof own === 'number') return { text: String(own), value: own, outOf: null }
  return readWrittenRating(typeof own === 'string' ? own : '')
}

/** The number of an item, with or without its noun: "12", "concept 12", "example_3". */
function numberOf(text: string): number | null {
  const match = /^(?:(?:concept|example|item|neuron)[ _#]{0,3})?(\d{1,6})$/i.exec(text.trim())
  return match ? Number(match[1]) : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
