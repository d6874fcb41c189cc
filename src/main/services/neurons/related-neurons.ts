import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { halfTable } from '../../../core/numbers/half.ts'
import { breathe } from '../breathe.ts'

/** Window maxima looked at: all of the sample of a small model, an even part of it for a large one. */
const mostValues = 40_000_000
const fewestWindows = 30
/** Values added up without letting others in: about a millisecond. */
const valuesTogether = 500_000

export interface RelatedNeuron {
  readonly row: number
  readonly correlation: number
}

/**
 * Neurons whose activity is most alike a neuron's over the sampled windows: Pearson correlation of window maxima, largest
 * first, ties to the lower row. A neuron that is constant over the sample is like none.
 */
export async function relatedNeurons(
  reader: Pick<RecordingReader, 'manifest' | 'sampledMaxima'>,
  row: number,
  count: number,
): Promise<RelatedNeuron[]> {
  const { neurons, sampled } = reader.manifest
  const windows = Math.min(sampled, Math.max(fewestWindows, Math.floor(mostValues / neurons)))
  const values = halfTable()
  const sum = new Float64Array(neurons)
  const squares = new Float64Array(neurons)
  const products = new Float64Array(neurons)
  let since = 0
  for (let at = 0; at < windows; at++) {
    const halves = reader.sampledMaxima(Math.floor((at * sampled) / windows))
    const own = values[halves[row]!]!
    for (let other = 0; other < neurons; other++) {
      const value = values[halves[other]!]!
      sum[other]! += value
      squares[other]! += value * value
      products[other]! += value * own
    }
    since += neurons
    if (since < valuesTogether) continue
    since = 0
    await breathe()
  }
  const spread = (at: number) => Math.max(0, squares[at]! - (sum[at]! * sum[at]!) / windows)
  const ownSpread = spread(row)
  const tiny = (at: number) => spread(at) <= 1e-9 * squares[at]!
  if (windows < 2 || tiny(row)) return []
  const best: RelatedNeuron[] = []
  for (let other = 0; other < neurons; other++) {
    if (other === row || tiny(other)) continue
    const covariance = products[other]! - (sum[other]! * sum[row]!) / windows
    const correlation = Math.min(1, covariance / Math.sqrt(ownSpread * spread(other)))
    if (!(correlation > 0) || (best.length === count && correlation <= best.at(-1)!.correlation)) continue
    let place = best.length
    while (place > 0 && best[place - 1]!.correlation < correlation) place--
    best.splice(place, 0, { row: other, correlation })
    if (best.length > count) best.pop()
  }
  return best
}
