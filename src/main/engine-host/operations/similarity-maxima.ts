/** Greatest weight x product of each row of a panel, with the weight of each slot; that of a slot that does not count is NaN. */
export interface Maxima {
  readonly weights: Float64Array
  readonly values: Float64Array
}

/** Up to this many changed slots are followed; beyond, whole rows are looked at. */
const mostFollowed = 8

/** Computes the maxima of a question block by block: from those of the last one where few slots have changed. */
export class MaximaPass {
  readonly maxima: Maxima
  readonly #before: Float64Array
  /** Slots that changed; null when all rows are looked at. */
  readonly #changed: readonly number[] | null
  /** The weight of all slots that count; null where they differ. */
  readonly #common: number | null

  /** `last` belongs to the same panel, `fresh` are slots whose products are about to change. Its values are written over. */
  constructor(last: Maxima | null, weights: Float64Array, fresh: readonly number[], rows: number) {
    const others = (last?.weights ?? weights).keys()
    const changed = [...others].filter((slot) => fresh.includes(slot) || !Object.is(last?.weights[slot], weights[slot]))
    const follows = last !== null && changed.length <= mostFollowed
    this.#before = last?.weights ?? weights
    this.#changed = follows ? changed : null
    this.#common = commonWeight(weights)
    this.maxima = { weights, values: follows ? last.values : new Float64Array(rows) }
  }

  /** Before the products [rows, width] from row `first` on change: rows that may lose their greatest are marked by NaN. */
  before(products: Float32Array, first: number, end: number): void {
    const width = this.#before.length
    for (const slot of this.#changed ?? []) {
      const weight = this.#before[slot]!
      if (Number.isNaN(weight)) continue
      const values = this.maxima.values.subarray(first, end)
      for (let row = 0, at = slot; row < values.length; row++, at += width) {
        if (products[at]! * weight >= values[row]!) values[row] = Number.NaN
      }
    }
  }

  /** After they have changed; `greatest` are the greatest products of each row over all slots that count, where somebody knows them. */
  after(products: Float32Array, first: number, end: number, greatest: Float32Array | null): void {
    const { weights, values } = this.maxima
    const own = values.subarray(first, end)
    if (this.#changed === null && greatest !== null && this.#common !== null) {
      // Rounding keeps the order: the greatest product has the greatest weight x product.
      for (let row = 0; row < own.length; row++) own[row] = greatest[row]! * this.#common
      return
    }
    if (this.#changed === null) {
      takeGreatest(products, weights, own)
      return
    }
    const width = weights.length
    for (let row = 0; row < own.length; row++) {
      if (Number.isNaN(own[row]!)) {
        takeGreatest(products.subarray(row * width, (row + 1) * width), weights, own.subarray(row, row + 1))
      }
    }
    for (const slot of this.#changed) {
      const weight = weights[slot]!
      for (let row = 0, at = slot; row < own.length; row++, at += width) {
        const value = products[at]! * weight
        if (value > own[row]!) own[row] = value
      }
    }
  }
}

/** The weight of all slots that count; null where they differ, or where it turns the order round. */
function commonWeight(weights: Float64Array): number | null {
  const counting = weights.filter((weight) => !Number.isNaN(weight))
  const [first] = counting
  return first !== undefined && first >= 0 && counting.every((weight) => weight === first) ? first : null
}

/** Sets `values` to the greatest weight x product of each row. */
function takeGreatest(products: Float32Array, weights: Float64Array, values: Float64Array): void {
  const width = weights.length
  for (let row = 0, at = 0; row < values.length; row++) {
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
    values[row] = Math.max(a, b, c, d)
  }
}
