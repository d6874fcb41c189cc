/** The part of a seeded generator that sampling needs: a uniform whole number in [0, n). */
export interface IntegerSource {
  integer(n: number): number
}

/**
 * Indices of a uniform sample of `size` out of `count`, without replacement, ascending.
 * Selection sampling: Knuth, The Art of Computer Programming, volume 2, section 3.4.2, algorithm S.
 */
export function sampleIndices(count: number, size: number, random: IntegerSource): number[] {
  if (!Number.isSafeInteger(size) || size < 0 || size > count) {
    throw new RangeError(`a sample of ${size} cannot be drawn from ${count}`)
  }
  const chosen: number[] = []
  for (let index = 0; chosen.length < size; index++) {
    if (random.integer(count - index) < size - chosen.length) chosen.push(index)
  }
  return chosen
}
