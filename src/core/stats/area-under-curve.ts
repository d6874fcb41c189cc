/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counted half
 * (Mann-Whitney U / (positives x negatives)). Null when either side is empty or holds a NaN.
 */
export function areaUnderCurve(positives: ArrayLike<number>, negatives: ArrayLike<number>): number | null {
  if (positives.length === 0 || negatives.length === 0) return null
  const high = Float64Array.from(positives).toSorted()
  const low = Float64Array.from(negatives).toSorted()
  // Typed arrays sort NaN last.
  if (Number.isNaN(high[high.length - 1]) || Number.isNaN(low[low.length - 1])) return null
  let below = 0
  let notAbove = 0
  let wins = 0
  for (const value of high) {
    while (below < low.length && (low[below] as number) < value) below += 1
    while (notAbove < low.length && (low[notAbove] as number) <= value) notAbove += 1
    wins += below + (notAbove - below) / 2
  }
  return wins / (high.length * low.length)
}
