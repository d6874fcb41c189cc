import { invariant } from '../../contract/failure.ts'
import { halfBits } from '../numbers/half.ts'
import { histogramBins, histogramBinTable } from './histogram.ts'
import { TopWindows } from './top-windows.ts'

/** Neurons whose histograms are filled together. */
const histogramBlock = 64

/** What the engine returns for one layer of one batch: B windows of W tokens, `width` neurons. */
export interface LayerBatch {
  /** Number of the layer's first neuron in the recording. */
  readonly firstNeuron: number
  readonly width: number
  /** [width] sums over the batch's valid tokens. */
  readonly countPositive: Float32Array
  readonly sum: Float32Array
  readonly sumAbs: Float32Array
  readonly sumSquares: Float32Array
  /** [B, width] largest activation of each window, padding included. */
  readonly windowMax: Float32Array
  /** [B x W, width] activations. */
  readonly activations: Float32Array
}

/**
 * Everything that a recording accumulates: f32 sums of each batch added in f64, top windows, and over a uniform sample of
 * windows the maxima (f16) and histograms. Depends only on the batches so far, so that a resumed recording ends in the same bytes.
 */
export class RecordingState {
  readonly neurons: number
  readonly window: number
  readonly sample: Uint32Array
  /** [5, neurons]: countPositive, sum, sumAbs, sumSquares, max. */
  readonly statistics: Float64Array
  readonly top: TopWindows
  /** [sampled windows, neurons] f16 bits. */
  readonly sampleMaxima: Uint16Array
  /** [neurons, 64]. */
  readonly histogram: Uint32Array
  /** The histogram as whole numbers that a processor adds without a detour over f64. */
  readonly #counts: Int32Array
  readonly #sampleRow: ReadonlyMap<number, number>
  readonly #bins = histogramBinTable()

  constructor(neurons: number, window: number, sample: Uint32Array) {
    this.neurons = neurons
    this.window = window
    this.sample = sample
    this.statistics = new Float64Array(5 * neurons)
    this.statistics.fill(-Infinity, 4 * neurons)
    this.top = new TopWindows(neurons, window)
    this.sampleMaxima = new Uint16Array(sample.length * neurons)
    this.histogram = new Uint32Array(neurons * histogramBins)
    this.#counts = new Int32Array(this.histogram.buffer)
    this.#sampleRow = new Map(Array.from(sample, (index, row) => [index, row]))
  }

  /** The arrays that a checkpoint holds, in a fixed order. */
  arrays(): readonly (Float64Array | Float32Array | Uint32Array | Uint16Array)[] {
    const { windows, maxima, activations } = this.top
    return [this.statistics, windows, maxima, activations, this.sampleMaxima, this.histogram]
  }

  /** Adds one layer of windows `firstWindow ...`, whose token counts are `lengths`. */
  addLayer(batch: LayerBatch, firstWindow: number, lengths: Int32Array): void {
    const { firstNeuron, width, windowMax, activations } = batch
    const n = this.neurons
    const s = this.statistics
    for (let j = 0; j < width; j++) {
      const at = firstNeuron + j
      s[at]! += Math.round(batch.countPositive[j]!)
      s[n + at]! += batch.sum[j]!
      s[2 * n + at]! += batch.sumAbs[j]!
      s[3 * n + at]! += batch.sumSquares[j]!
    }
    invariant(activations.length === lengths.length * this.window * width, 'a batch holds whole windows')
    const bits = new Uint32Array(activations.buffer, activations.byteOffset, activations.length)
    for (let b = 0; b < lengths.length; b++) {
      const length = lengths[b]!
      const maxima = length === this.window ? windowMax : maximaOfShort(activations, b * this.window, length, width)
      const maximaStart = length === this.window ? b * width : 0
      for (let j = 0; j < width; j++) {
        const value = maxima[maximaStart + j]!
        if (value > s[4 * n + firstNeuron + j]!) s[4 * n + firstNeuron + j] = value
      }
      this.top.offer(firstWindow + b, length, firstNeuron, width, maxima, maximaStart, bits, b * this.window)
      const row = this.#sampleRow.get(firstWindow + b)
      if (row === undefined) continue
      this.#addSample(row, firstNeuron, width, maxima, maximaStart)
      this.#addHistogram(firstNeuron, width, bits, b * this.window, length)
    }
  }

  #addSample(row: number, firstNeuron: number, width: number, maxima: Float32Array, maximaStart: number): void {
    const bits = new Uint32Array(maxima.buffer, maxima.byteOffset, maxima.length)
    const to = row * this.neurons + firstNeuron
    for (let j = 0; j < width; j++) this.sampleMaxima[to + j] = halfBits(bits[maximaStart + j]!)
  }

  #addHistogram(firstNeuron: number, width: number, bits: Uint32Array, firstToken: number, length: number): void {
    const counts = this.#counts
    const bins = this.#bins
    // A block of neurons at a time, so that their bins stay in a near cache.
    for (let block = 0; block < width; block += histogramBlock) {
      const end = Math.min(width, block + histogramBlock)
      const to = (firstNeuron + block) * histogramBins
      for (let token = 0; token < length; token++) {
        const row = (firstToken + token) * width
        const last = row + end
        let from = row + block
        let bin = to
        // Four at a time: they do not wait for each other.
        for (; from + 4 <= last; from += 4, bin += 4 * histogramBins) {
          const first = bin + bins[bits[from]! >>> 22]!
          const second = bin + histogramBins + bins[bits[from + 1]! >>> 22]!
          const third = bin + 2 * histogramBins + bins[bits[from + 2]! >>> 22]!
          const fourth = bin + 3 * histogramBins + bins[bits[from + 3]! >>> 22]!
          counts[first] = (counts[first]! + 1) | 0
          counts[second] = (counts[second]! + 1) | 0
          counts[third] = (counts[third]! + 1) | 0
          counts[fourth] = (counts[fourth]! + 1) | 0
        }
        for (; from < last; from++, bin += histogramBins) {
          const at = bin + bins[bits[from]! >>> 22]!
          counts[at] = (counts[at]! + 1) | 0
        }
      }
    }
  }
}

/** Largest activation of each neuron over the tokens of a padded window. */
function maximaOfShort(activations: Float32Array, firstToken: number, length: number, width: number): Float32Array {
  const maxima = activations.slice(firstToken * width, (firstToken + 1) * width)
  for (let token = 1; token < length; token++) {
    const from = (firstToken + token) * width
    for (let j = 0; j < width; j++) if (activations[from + j]! > maxima[j]!) maxima[j] = activations[from + j]!
  }
  return maxima
}
