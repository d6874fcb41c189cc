import { createHash } from 'node:crypto'

/** JSON with the keys of every object in order of their UTF-16 units: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    const entries = Object.entries(part)
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return Object.fromEntries(entries)
  })
}

/** SHA-256, hex. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/**
 * Where two plain objects differ, as phrases: `window is 64 there and 32 here`. Nested objects are named by path;
 * at most `limit` differences.
 */
export function describeDifferences(there: unknown, here: unknown, limit = 3): string[] {
  const a = flatten(there)
  const b = flatten(here)
  const differences: string[] = []
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    if (a.get(key) === b.get(key)) continue
    if (differences.length === limit) break
    differences.push(`${key} is ${shorten(a.get(key))} there and ${shorten(b.get(key))} here`)
  }
  return differences
}

function flatten(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, part] of Object.entries(value)) flatten(part, path === '' ? key : `${path}.${key}`, into)
  } else {
    into.set(path, canonicalJson(value) ?? 'nothing')
  }
  return into
}

function shorten(text: string | undefined): string {
  if (text === undefined) return 'not set'
  return text.length > 40 ? `${text.slice(0, 16)}…` : text
}
