import { conceptStatuses } from '../../../contract/workbench/neurons.ts'
import type { FoundNeuron } from '../../../contract/workbench/review.ts'
import type { NeuronData } from '../neurons/neuron-tables.ts'
import { largestRows } from './sort-rows.ts'

/** The neurons with the largest values, largest first; those whose value is NaN are left out. */
export function foundNeurons(
  { evidence, concepts }: Pick<NeuronData, 'evidence' | 'concepts'>,
  values: Float32Array,
  count: number,
  peakOf: (row: number) => FoundNeuron['peak'],
): FoundNeuron[] {
  return largestRows(values, count).map((row) => ({
    neuron: evidence.neuronAt(row),
    row,
    concept: concepts.texts[row] ?? '',
    status: conceptStatuses[concepts.status[row] ?? 0] ?? 'none',
    value: values[row]!,
    peak: peakOf(row),
  }))
}
