/** Deepest nesting that a row may have; deeper ones would overflow whoever walks them. */
const deepestNesting = 100
const loneSurrogate = /\p{Surrogate}/gu

export type JsonText =
  | { readonly ok: true; readonly value: unknown; readonly repaired: number }
  | { readonly ok: false; readonly reason: string; readonly offset: number }

/**
 * Parses one JSON text. Whole numbers beyond 2^53 become strings of their exact digits; lone surrogates become U+FFFD
 * and are counted. A failure has a reason and an offset in UTF-16 units (the text's end when the engine tells none).
 */
export function parseJsonText(text: string): JsonText {
  const exact = /\d{16}/.test(text) ? quoteLargeIntegers(text) : text
  let value: unknown
  try {
    value = JSON.parse(exact)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const offset = /at position (\d+)/.exec(message)?.[1]
    return { ok: false, reason: plain(message), offset: offset === undefined ? text.length : Number(offset) }
  }
  if (isDeeperThan(value, deepestNesting)) {
    return { ok: false, reason: `nested more than ${deepestNesting} levels deep`, offset: 0 }
  }
  if (!/\\u[dD][89a-fA-F]/.test(text)) return { ok: true, value, repaired: 0 }
  const counter = { count: 0 }
  return { ok: true, value: mendSurrogates(value, counter), repaired: counter.count }
}

/** An engine's message on one line, without control characters, cut to 160 characters. */
function plain(message: string): string {
  const told = message.replace(/, (\.*".*"\.*) is not valid JSON$/s, ' in $1').replace(/ is not valid JSON$/, '')
  const line = told.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Surrogate}]/gu, '\uFFFD')
  return line.length > 160 ? `${line.slice(0, 160)}...` : line
}

/** Puts quotes around whole numbers that a double cannot hold, outside strings. */
function quoteLargeIntegers(text: string): string {
  const pieces: string[] = []
  let from = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 92) at++
      else if (code === 34) inString = false
      continue
    }
    if (code === 34) inString = true
    if (!(code === 45 || (code >= 48 && code <= 57))) continue
    let end = at + 1
    while (end < text.length && '0123456789+-.eE'.includes(text.charAt(end))) end++
    const number = text.slice(at, end)
    if (/^-?[1-9]\d{15,}$/.test(number) && !Number.isSafeInteger(Number(number))) {
      pieces.push(text.slice(from, at), '"', number, '"')
      from = end
    }
    at = end - 1
  }
  pieces.push(text.slice(from))
  return pieces.join('')
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    if (isDeeperThan(item, levels - 1)) return true
  }
  return false
}

function mendSurrogates(value: unknown, counter: { count: number }): unknown {
  if (typeof value === 'string') return mendText(value, counter)
  if (Array.isArray(value)) return value.map((item) => mendSurrogates(item, counter))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [mendText(key, counter), mendSurrogates(item, counter)]),
  )
}

function mendText(text: string, counter: { count: number }): string {
  return text.replaceAll(loneSurrogate, () => {
    counter.count++
    return '\uFFFD'
  })
}

/** What a JSON value is, for messages: `an array`, `a number`, `null`. */
export function describeJson(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** True for what JSON calls an object. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
