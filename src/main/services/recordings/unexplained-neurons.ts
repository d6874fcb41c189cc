import type { NeuronId, Site } from '../../../contract/neuron.ts'
import { neuronIdsOf } from '../../../core/ranking/neuron-space.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'

/**
 * The neurons of some sites that `known` does not mark, those whose activation peaks most above its usual size first: largest
 * max / rms, 0 for one that never fires, ties in the order of the neuron space. At most `top` of them; null for all.
 */
export function unexplainedNeurons(
  reader: RecordingReader,
  sites: readonly Site[],
  known: Uint8Array,
  top: number | null,
): NeuronId[] {
  const { max, rms } = reader.statistics()
  const chosen = new Uint32Array(max.length)
  const peaks = new Float64Array(max.length)
  let count = 0
  let flat = 0
  for (const site of reader.space.sites) {
    const wanted = sites.includes(site)
    for (const width of reader.space.layerWidths[site]) {
      for (const end = flat + width; flat < end; flat++) {
        peaks[flat] = rms[flat]! > 0 ? max[flat]! / rms[flat]! : 0
        if (wanted && known[flat] === 0) chosen[count++] = flat
      }
    }
  }
  const order = chosen.subarray(0, count).sort((a, b) => peaks[b]! - peaks[a]! || a - b)
  return Array.from(order.subarray(0, top ?? count), neuronIdsOf(reader.space))
}
