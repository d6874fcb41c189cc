import type { WindowTagger } from '../features/window-tagger.ts'

/** How many units of some documents have each feature, and which words make up each class. */
export interface FeatureCounts {
  readonly total: number
  readonly byFeature: ReadonlyMap<number, number>
  /** Per class feature, how often each word feature is a member. */
  readonly wordsOfClass: ReadonlyMap<number, ReadonlyMap<number, number>>
}

const unitsPerWindow = 256

/** Counts classes and words in documents, up to `maxUnits` words and marks in all. */
export function countFeatures(documents: readonly string[], maxUnits: number, tagger: WindowTagger): FeatureCounts {
  let total = 0
  const byFeature = new Map<number, number>()
  const wordsOfClass = new Map<number, Map<number, number>>()
  for (const document of documents) {
    if (total >= maxUnits) break
    const units = unitsOf(document, maxUnits - total)
    for (let start = 0; start < units.length; start += unitsPerWindow) {
      const window = units.slice(start, start + unitsPerWindow)
      countWindow(window, tagger, byFeature, wordsOfClass)
      total += window.length
    }
  }
  return { total, byFeature, wordsOfClass }
}

/** The first words and marks of a document, each with the white space before it. */
function unitsOf(document: string, most: number): string[] {
  const units: string[] = []
  // One after the other, since a document may be far longer than what is read of it; white space at its end would be tried from every place.
  for (const [unit] of document.trimEnd().matchAll(/\s*(?:[\p{L}\p{N}_]+(?:['’]\p{L}+)*|[^\s])/gu)) {
    if (units.length === most) break
    units.push(unit)
  }
  return units
}

function countWindow(
  window: readonly string[],
  tagger: WindowTagger,
  byFeature: Map<number, number>,
  wordsOfClass: Map<number, Map<number, number>>,
): void {
  const { ids, offsets, positions } = tagger.features(window)
  const wordAt = new Int32Array(window.length).fill(-1)
  const classes: number[] = []
  for (let k = 0; k < ids.length; k++) {
    const id = ids[k] as number
    const { role } = tagger.table.get(id)
    if (role !== 'class' && role !== 'word') continue
    const from = offsets[k] as number
    const to = offsets[k + 1] as number
    byFeature.set(id, (byFeature.get(id) ?? 0) + to - from)
    if (role === 'class') classes.push(k)
    else for (let p = from; p < to; p++) wordAt[positions[p] as number] = id
  }
  for (const k of classes) {
    const id = ids[k] as number
    let words = wordsOfClass.get(id)
    if (!words) wordsOfClass.set(id, (words = new Map()))
    for (let p = offsets[k] as number; p < (offsets[k + 1] as number); p++) {
      const word = wordAt[positions[p] as number] as number
      if (word >= 0) words.set(word, (words.get(word) ?? 0) + 1)
    }
  }
}
