/** What has no value comes last. */
const last = 0xffffffff

/** Rows by ascending key, ties in the order of the rows. `key` gives whole numbers from 0 to 2^32 - 1. */
export function sortRowsBy(rows: Uint32Array, key: (row: number) => number): Uint32Array {
  // Key and row in one number: a typed array sorts by itself, without a call for each comparison. Rows are below 2^21.
  const keyed = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) keyed[at] = key(rows[at]!) * 2 ** 21 + rows[at]!
  keyed.sort()
  const sorted = new Uint32Array(rows.length)
  for (let at = 0; at < rows.length; at++) sorted[at] = keyed[at]! % 2 ** 21
  return sorted
}

/** Nearness to the cut as a key: the last that goes, the first that stays, the last but one that goes ... */
export function cutKey(distance: number): number {
  if (Number.isNaN(distance)) return last
  return distance > 0 ? 2 * distance - 2 : -2 * distance - 1
}

/** Makes keys of the same order as f32 numbers; NaN comes last. */
export function ascendingKeys(): (value: number) => number {
  const bits = new DataView(new ArrayBuffer(4))
  return (value) => {
    if (Number.isNaN(value)) return last
    bits.setFloat32(0, value === 0 ? 0 : value)
    const raw = bits.getUint32(0)
    return raw >= 2 ** 31 ? 2 ** 32 - 1 - raw : raw + 2 ** 31
  }
}

/** Rows with the largest values, largest first, ties to the lower row; those that are NaN are left out. */
export function largestRows(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = []
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (Number.isNaN(value)) continue
    if (best.length === count && !(value > values[best[count - 1]!]!)) continue
    let place = best.length
    while (place > 0 && values[best[place - 1]!]! < value) place--
    best.splice(place, 0, row)
    if (best.length > count) best.pop()
  }
  return best
}
