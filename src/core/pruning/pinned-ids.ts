import { compareNeurons, parseNeuron, type NeuronId } from '../../contract/neuron.ts'

/** What a person decided beside the ranking. */
export interface PinnedIds {
  readonly always: readonly NeuronId[]
  readonly never: readonly NeuronId[]
}

/**
 * The ids of a ranking with pins applied, as `applyPins` orders typed arrays: the always-pruned first, in their ranking order and
 * then those that the ranking does not order; the never-pruned left out.
 */
export function pinnedIds(ranked: readonly NeuronId[], { always, never }: PinnedIds): NeuronId[] {
  const first = new Set(always)
  const out = new Set(never)
  const known = new Set(ranked)
  const unranked = [...first]
    .filter((id) => !known.has(id))
    .toSorted((a, b) => compareNeurons(parseNeuron(a)!, parseNeuron(b)!))
  return [
    ...ranked.filter((id) => first.has(id)),
    ...unranked,
    ...ranked.filter((id) => !first.has(id) && !out.has(id)),
  ]
}
