import type { EvidenceSplit, EvidenceWindow } from '../../evidence.ts'
import type { WindowFeatures, WindowTagger } from '../../features/window-tagger.ts'

/** The windows a description is fitted on, concatenated. */
export interface FitData {
  readonly windows: readonly WindowFeatures[]
  readonly activations: Float64Array
  /** 0 or 1 per window: two halves, in both of which a pattern must show. */
  readonly half: Uint8Array
}

/** Train and calibration windows as fit data; the halves are the train and the calibration top windows, and every other random one. */
export function prepareFit(split: EvidenceSplit, tagger: WindowTagger): FitData {
  const all: EvidenceWindow[] = [...split.train, ...split.calibration]
  const windows = all.map((window) => tagger.features(window.tokens))
  let length = 0
  for (const window of windows) length += window.length
  const activations = new Float64Array(length)
  const half = new Uint8Array(all.length)
  let base = 0
  for (let w = 0; w < all.length; w++) {
    activations.set((all[w] as EvidenceWindow).activations, base)
    base += windows[w]?.length ?? 0
    half[w] = w < split.train.length ? 0 : 1
  }
  const randomStart = split.train.length + Math.min(split.train.length, split.calibration.length)
  for (let w = randomStart; w < all.length; w++) half[w] = (w - randomStart) % 2
  return { windows, activations, half }
}
