import type { WindowFeatures } from './window-tagger.ts'

/**
 * Per feature, over the tokens that have it: how many, the sum of a value per token, the part of that sum in the first
 * half of the windows, and the windows where its sum is positive. Reused from neuron to neuron.
 */
export class FeatureSums {
  count = new Float64Array(0)
  sum = new Float64Array(0)
  firstHalf = new Float64Array(0)
  positiveWindows = new Float64Array(0)
  /** Features met in the last pass, in no particular order. */
  touched: number[] = []

  /**
   * Sums `values` (one per token of all windows, concatenated) over the tokens where `mask` is 1 (all when null).
   * `half[w]` is 0 or 1 per window; `size` is the size of the feature table.
   */
  collect(
    windows: readonly WindowFeatures[],
    values: Float64Array,
    mask: Uint8Array | null,
    half: Uint8Array,
    size: number,
  ): void {
    this.#clear(size)
    let base = 0
    for (let w = 0; w < windows.length; w++) {
      const window = windows[w] as WindowFeatures
      const inFirst = half[w] === 0
      const { ids, offsets, positions } = window
      for (let k = 0; k < ids.length; k++) {
        const end = offsets[k + 1] as number
        let n = 0
        let sum = 0
        for (let p = offsets[k] as number; p < end; p++) {
          const at = base + (positions[p] as number)
          if (mask !== null && mask[at] === 0) continue
          n++
          sum += values[at] as number
        }
        if (n === 0) continue
        const id = ids[k] as number
        if (this.count[id] === 0) this.touched.push(id)
        this.count[id] = (this.count[id] as number) + n
        this.sum[id] = (this.sum[id] as number) + sum
        if (inFirst) this.firstHalf[id] = (this.firstHalf[id] as number) + sum
        if (sum > 0) this.positiveWindows[id] = (this.positiveWindows[id] as number) + 1
      }
      base += window.length
    }
  }

  #clear(size: number): void {
    for (const id of this.touched) {
      this.count[id] = 0
      this.sum[id] = 0
      this.firstHalf[id] = 0
      this.positiveWindows[id] = 0
    }
    this.touched = []
    if (this.count.length >= size) return
    const capacity = Math.max(size, this.count.length * 2, 4096)
    this.count = new Float64Array(capacity)
    this.sum = new Float64Array(capacity)
    this.firstHalf = new Float64Array(capacity)
    this.positiveWindows = new Float64Array(capacity)
  }
}
