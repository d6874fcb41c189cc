import type { NeuronPage } from '../../../contract/workbench/neurons.ts'

/**
 * A recorded histogram as it is drawn: counts[i] lie in [edges[i], edges[i + 1]). Empty bins at both ends are left out, and the
 * open ends are closed at half an octave beyond the last edge.
 */
export function drawnHistogram({
  edges,
  counts,
}: {
  /** Between the bins, ascending. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}): NeuronPage['histogram'] {
  const closed = [(edges[0] ?? -1) * 1.5, ...edges, (edges.at(-1) ?? 1) * 1.5]
  let first = 0
  let last = counts.length - 1
  while (first < last && counts[first] === 0) first++
  while (last > first && counts[last] === 0) last--
  return { edges: closed.slice(first, last + 2), counts: counts.slice(first, last + 1) }
}
