/**
 * When a server says to come again, in milliseconds from now; null where it says nothing of use. A date counts from the server's own
 * `Date`, so that neither clock need be right.
 */
export function retryAfterOf(headers: Headers, wallTime: number): number | null {
  const exact = numberOf(headers.get('retry-after-ms'))
  if (exact !== null) return exact
  const text = headers.get('retry-after')
  const seconds = numberOf(text)
  if (seconds !== null) return seconds * 1000
  const at = text === null ? Number.NaN : Date.parse(text)
  if (Number.isNaN(at)) return null
  const now = Date.parse(headers.get('date') ?? '')
  return Math.max(0, at - (Number.isNaN(now) ? wallTime : now))
}

function numberOf(text: string | null): number | null {
  return text !== null && /^\s*\d{1,12}(?:\.\d{1,6})?\s*$/.test(text) ? Number(text) : null
}

const firstBackoffMs = 500
const longestBackoffMs = 60_000

/** How long to wait before attempt `attempt + 1`: doubling from half a second to a minute, half of it by chance. */
export function backoffMs(attempt: number, random: () => number): number {
  const most = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1))
  return most / 2 + (most / 2) * random()
}
