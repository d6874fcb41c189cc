/** Counts the finite scores of a ranking in `bins` equal bins. */
export function importanceHistogram(scores: Float32Array, bins: number): { edges: number[]; counts: number[] } {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const score of scores) {
    if (!Number.isFinite(score)) continue
    if (score < low) low = score
    if (score > high) high = score
  }
  if (low > high) return { edges: [0, 1], counts: [0] }
  if (low === high) high = low + (Math.abs(low) || 1) * 1e-6
  const counts = Array.from({ length: bins }, () => 0)
  for (const score of scores) {
    if (!Number.isFinite(score)) continue
    const bin = Math.min(bins - 1, Math.floor(((score - low) / (high - low)) * bins))
    counts[bin]!++
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins)
  return { edges, counts }
}
