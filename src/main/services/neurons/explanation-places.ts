import type { DocumentStore } from '../workspace/document-store.ts'

/**
 * How many edits came before each explanation, by key. Those that do not tell stand where the clock puts them, but never before the one
 * that was made before them.
 */
export function explanationPlaces(
  store: Pick<DocumentStore, 'all' | 'history' | 'historyOf'>,
): ReadonlyMap<string, number> {
  const history = store.history()
  const places = new Map<string, number>()
  let last = 0
  for (const [id, { edits, at }] of store.all('explanation')) {
    const told = store.historyOf('explanation', id)[0]?.seq ?? edits
    last = told ?? Math.max(last, (history.find((entry) => entry.at > at)?.seq ?? history.length + 1) - 1)
    places.set(id, last)
  }
  return places
}
