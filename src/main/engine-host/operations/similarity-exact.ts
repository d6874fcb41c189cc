/**
 * Scores in f64, those of `cosineMaxScores` to the last bit. An f32 product of n numbers is off by at most n 2^-24 / (1 - n 2^-24) of
 * both lengths, in whatever order it was added up (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1): only columns
 * within that bound of the greatest can be the greatest, and these are computed once more.
 */
export class ExactScores {
  readonly #scaled: readonly Float64Array[]
  readonly #slots: readonly number[]
  readonly #weights: Float64Array
  readonly #margin: number

  /** `scaled` are the columns at unit length times their weights, `weights` those of the slots. */
  constructor(scaled: readonly Float64Array[], slots: readonly number[], weights: Float64Array) {
    this.#scaled = scaled
    this.#slots = slots
    this.#weights = weights
    // Three roundings more than numbers: that of the column to f32, and those of weight and length.
    const steps = (scaled[0]!.length + 3) * 2 ** -24
    const largest = slots.reduce((most, slot) => Math.max(most, Math.abs(weights[slot]!)), 0)
    this.#margin = (2 * largest * steps) / (1 - steps)
  }

  /** Replaces the scores of rows [scores, dims] by those of f64. */
  refine(rows: Float32Array, products: Float32Array, norms: Float64Array, scores: Float64Array): void {
    const dims = rows.length / scores.length
    const width = this.#weights.length
    for (let row = 0; row < scores.length; row++) {
      const norm = norms[row]!
      if (norm === 0) continue
      const own = rows.subarray(row * dims, (row + 1) * dims)
      const least = (scores[row]! - this.#margin) * norm
      let greatest = Number.NEGATIVE_INFINITY
      for (let column = 0; column < this.#slots.length; column++) {
        const slot = this.#slots[column]!
        if (products[row * width + slot]! * this.#weights[slot]! < least) continue
        const value = dot(own, this.#scaled[column]!) / norm
        if (value > greatest) greatest = value
      }
      scores[row] = greatest
    }
  }
}

/** In the order of the numbers, as core adds them up. */
function dot(a: Float32Array, b: Float64Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!
  return sum
}
