import { halfTable } from '../../../core/numbers/half.ts'
import type { RecordingReader } from '../../../core/recording/recording-reader.ts'
import { breathe } from '../breathe.ts'

/** Window maxima held, 96 MB at most: all of the sample of a small model, an even part of it for a large one. */
const mostValues = 24_000_000
/** Values gone through without letting others in: about a millisecond. */
const valuesTogether = 500_000

export interface RelatedNeuron {
  readonly row: number
  readonly correlation: number
}

/** The window maxima of all neurons of a recording, each neuron's with mean 0 and length 1, so that products are correlations. */
export class WindowMaxima {
  /** [window][neuron]; 0 for a neuron that is constant over the sample. */
  readonly #rows: readonly Float32Array[]
  readonly #neurons: number

  private constructor(rows: readonly Float32Array[], neurons: number) {
    this.#rows = rows
    this.#neurons = neurons
  }

  static async read(reader: Pick<RecordingReader, 'manifest' | 'sampledMaxima'>): Promise<WindowMaxima> {
    const { neurons, sampled } = reader.manifest
    const windows = Math.min(sampled, Math.max(2, Math.floor(mostValues / neurons)))
    const values = halfTable()
    const pause = pauseEvery(valuesTogether)
    const sum = new Float64Array(neurons)
    const squares = new Float64Array(neurons)
    const rows: Float32Array[] = []
    for (let at = 0; at < windows; at++) {
      const halves = reader.sampledMaxima(Math.floor((at * sampled) / windows))
      const row = new Float32Array(neurons)
      for (let neuron = 0; neuron < neurons; neuron++) {
        const value = values[halves[neuron]!]!
        row[neuron] = value
        sum[neuron]! += value
        squares[neuron]! += value * value
      }
      rows.push(row)
      await pause(neurons)
    }
    const scale = new Float64Array(neurons)
    for (let neuron = 0; neuron < neurons; neuron++) {
      const spread = squares[neuron]! - (sum[neuron]! * sum[neuron]!) / windows
      // What rounding leaves of a constant series is no spread.
      scale[neuron] = spread > 1e-9 * squares[neuron]! ? 1 / Math.sqrt(spread) : 0
      sum[neuron]! /= windows
    }
    for (const row of rows) {
      for (let neuron = 0; neuron < neurons; neuron++) row[neuron] = (row[neuron]! - sum[neuron]!) * scale[neuron]!
      await pause(neurons)
    }
    return new WindowMaxima(rows, neurons)
  }

  /**
   * Neurons whose activity is most alike a neuron's over the sampled windows: Pearson correlation of window maxima, largest
   * first, ties to the lower row; none below 0. A neuron that is constant over the sample is like none.
   */
  async related(row: number, count: number): Promise<RelatedNeuron[]> {
    const correlations = new Float64Array(this.#neurons)
    const pause = pauseEvery(valuesTogether)
    for (const window of this.#rows) {
      const own = window[row]!
      if (own === 0) continue
      for (let other = 0; other < correlations.length; other++) correlations[other]! += own * window[other]!
      await pause(correlations.length)
    }
    const best: RelatedNeuron[] = []
    for (let other = 0; other < correlations.length; other++) {
      const correlation = Math.min(1, correlations[other]!)
      if (other === row || !(correlation > 0)) continue
      if (best.length === count && correlation <= best[count - 1]!.correlation) continue
      let place = best.length
      while (place > 0 && best[place - 1]!.correlation < correlation) place--
      best.splice(place, 0, { row: other, correlation })
      if (best.length > count) best.pop()
    }
    return best
  }
}

/** Lets others in after so many values. */
function pauseEvery(values: number): (done: number) => Promise<void> {
  let since = 0
  return async (done) => {
    since += done
    if (since < values) return
    since = 0
    await breathe()
  }
}
