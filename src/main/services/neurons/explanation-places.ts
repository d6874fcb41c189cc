import type { DocumentStore } from '../workspace/document-store.ts'
import { touchedKey } from '../workspace/edit-log.ts'

/** Documents of an edit that are looked through for the explanation that it brought, which is the first of them. */
const mostLookedAt = 1000

/**
 * How many edits came before each explanation, by key. Those that do not tell stand where the clock puts them, but never before the one
 * that was made before them.
 */
export function explanationPlaces(store: Pick<DocumentStore, 'all' | 'history'>): ReadonlyMap<string, number> {
  const history = store.history()
  const brought = new Map<string, number>()
  const prefix = touchedKey('explanation', '')
  for (const { seq, touched } of history) {
    for (let at = 0; at < Math.min(touched.length, mostLookedAt); at++) {
      const document = touched[at]!
      if (document.startsWith(prefix) && !brought.has(document)) brought.set(document, seq)
    }
  }
  const places = new Map<string, number>()
  let last = 0
  for (const [id, { edits, at }] of store.all('explanation')) {
    const told = brought.get(touchedKey('explanation', id)) ?? edits
    last = told ?? Math.max(last, (history.find((entry) => entry.at > at)?.seq ?? history.length + 1) - 1)
    places.set(id, last)
  }
  return places
}
