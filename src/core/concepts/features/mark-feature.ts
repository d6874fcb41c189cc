import type { WindowFeatures } from './window-tagger.ts'

/** Sets `flags` to 1 at the tokens of a window that have a feature; `flags` begins at the window's first token. */
export function markFeature(flags: Uint8Array, id: number, features: WindowFeatures): void {
  let low = 0
  let high = features.ids.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = features.ids[middle] ?? 0
    if (found === id) {
      const end = features.offsets[middle + 1] ?? 0
      for (let k = features.offsets[middle] ?? 0; k < end; k++) flags[features.positions[k] ?? 0] = 1
      return
    }
    if (found < id) low = middle + 1
    else high = middle - 1
  }
}
