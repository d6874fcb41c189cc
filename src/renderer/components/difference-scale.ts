/** A diverging scale of differences with zero in the middle, the same for both sides of a comparison. */
export interface DifferenceScale {
  /** The difference that has the full colour, in either direction; larger ones have it too. */
  readonly limit: number
}

/** Full colour at the 98th percentile of |difference|, so that one odd token does not pale all others; at least 0.1. */
export function differenceScale(...sides: readonly (readonly (number | null)[])[]): DifferenceScale {
  const sizes: number[] = []
  for (const side of sides) {
    for (const difference of side)
      if (difference !== null && Number.isFinite(difference)) sizes.push(Math.abs(difference))
  }
  sizes.sort((a, b) => a - b)
  const high = sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * 0.98))] ?? 0
  return { limit: roundUp(Math.max(high, 0.1)) }
}

/** Next number of the form 1, 2 or 5 times a power of ten: a legend reads better so. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  for (const step of [1, 2, 5]) if (value <= step * power * 1.0001) return step * power
  return 10 * power
}

/** Which colour a difference has and how much of it, from 0 to 1. Null and zero have none. */
export function shadeOf(
  difference: number | null,
  scale: DifferenceScale,
): { hue: 'lower' | 'higher' | 'none'; share: number } {
  if (difference === null || !Number.isFinite(difference) || difference === 0) return { hue: 'none', share: 0 }
  return { hue: difference < 0 ? 'lower' : 'higher', share: Math.min(1, Math.abs(difference) / scale.limit) }
}

/** Differences unlearned - original, token by token; null where either has none. */
export function differences(
  original: readonly (number | null)[],
  unlearned: readonly (number | null)[],
): (number | null)[] {
  const result: (number | null)[] = []
  for (let i = 0; i < original.length; i++) {
    const before = original[i] ?? null
    const after = unlearned[i] ?? null
    result.push(before === null || after === null ? null : after - before)
  }
  return result
}
