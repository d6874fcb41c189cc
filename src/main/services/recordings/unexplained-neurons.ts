import type { NeuronId, Site } from '../../../contract/neuron.ts'
import { neuronIdsOf } from '../../../core/ranking/neuron-space.ts'
import { orderFlats } from '../../../core/ranking/order.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'

/**
 * The neurons of some sites that `known` does not mark, those whose activation peaks most above its usual size first: largest
 * max / rms, 0 for one that never fires, ties to the lower layer, then the lower index. At most `top` of them; null for all.
 */
export function unexplainedNeurons(
  reader: RecordingReader,
  sites: readonly Site[],
  known: Uint8Array,
  top: number | null,
): NeuronId[] {
  const { max, rms } = reader.statistics()
  const peaks = new Float64Array(max.length)
  const chosen: number[] = []
  let flat = 0
  for (const site of reader.space.sites) {
    const wanted = sites.includes(site)
    for (const width of reader.space.layerWidths[site]) {
      for (const end = flat + width; flat < end; flat++) {
        peaks[flat] = rms[flat]! > 0 ? max[flat]! / rms[flat]! : 0
        if (wanted && known[flat] === 0) chosen.push(flat)
      }
    }
  }
  const order = orderFlats(reader.space, peaks, chosen)
  return Array.from(order.subarray(0, top ?? order.length), neuronIdsOf(reader.space))
}
