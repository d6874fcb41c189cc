/** Sets `scores` to the greatest weight x product of each row over its slots, by its length; slots whose weight is NaN do not count. */
export function takeGreatest(
  products: Float32Array,
  weights: Float64Array,
  norms: Float64Array,
  scores: Float64Array,
): void {
  const width = weights.length
  for (let row = 0, at = 0; row < scores.length; row++) {
    let a = Number.NEGATIVE_INFINITY
    let b = a
    let c = a
    let d = a
    // Four maxima that do not wait for each other; the width is a multiple of four.
    for (let slot = 0; slot < width; slot += 4, at += 4) {
      const first = products[at]! * weights[slot]!
      const second = products[at + 1]! * weights[slot + 1]!
      const third = products[at + 2]! * weights[slot + 2]!
      const fourth = products[at + 3]! * weights[slot + 3]!
      if (first > a) a = first
      if (second > b) b = second
      if (third > c) c = third
      if (fourth > d) d = fourth
    }
    const norm = norms[row]!
    scores[row] = norm === 0 ? 0 : Math.max(a, b, c, d) / norm
  }
}

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
