/**
 * Place of a value from 0 to 1 when every bin takes the same room, as bins whose width grows with the distance from zero
 * want it. `edges` ascend. For bins of one width it is the plain linear scale.
 */
export function binScale(edges: readonly number[]): (value: number) => number {
  const bins = Math.max(1, edges.length - 1)
  return (value) => {
    if (!(value > edges[0]!)) return 0
    if (value >= edges.at(-1)!) return 1
    let low = 0
    let high = edges.length - 1
    while (low < high - 1) {
      const middle = (low + high) >> 1
      if (edges[middle]! <= value) low = middle
      else high = middle
    }
    return (low + (value - edges[low]!) / (edges[low + 1]! - edges[low]!)) / bins
  }
}

/** All edges of several histograms, ascending, each once. */
export function allEdges(histograms: readonly { readonly edges: readonly number[] }[]): number[] {
  return [...new Set(histograms.flatMap(({ edges }) => edges))].sort((a, b) => a - b)
}
