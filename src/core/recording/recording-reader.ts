import { SnipError } from '../../contract/failure.ts'
import type { Neuron, NeuronId } from '../../contract/neuron.ts'
import { formatNeuron } from '../../contract/neuron.ts'
import { type ByteSource } from '../onnx/tensor-index.ts'
import { type NeuronStatistics, statisticsFromSums } from '../ranking/importance.ts'
import { countNeurons, createNeuronSpace, flattenNeuron, type NeuronSpace } from '../ranking/neuron-space.ts'
import { halfValue } from '../numbers/half.ts'
import { histogramBins, histogramEdges } from './histogram.ts'
import { bandsOf, type QuantileBand } from './quantile-bands.ts'
import { noWindow, recordingFiles, topWindowCount, type RecordingManifest } from './recording-format.ts'

/** A window of a recording, as text positions and ids. Padding is left out. */
export interface RecordedWindow {
  /** Number of the window in the recording, from 0. */
  readonly window: number
  /** Position of its first token in the document. */
  readonly tokenStart: number
  /** Row of the document among the rows in use; for row data only. */
  readonly row?: number
  readonly ids: readonly number[]
}

/** One of a neuron's top windows: its largest activation and the activation of every token. */
export interface TopWindow extends RecordedWindow {
  readonly max: number
  readonly activations: readonly number[]
}

export interface NeuronBand extends Omit<QuantileBand, 'picked'> {
  readonly windows: readonly (RecordedWindow & { readonly max: number })[]
}

/** All that a recording knows of one neuron. */
export interface RecordedNeuron {
  readonly neuron: NeuronId
  /** Tokens counted. */
  readonly tokens: number
  readonly freq: number
  readonly meanAbs: number
  readonly rms: number
  readonly stdPopulation: number
  readonly mean: number
  readonly max: number
  /** Most active first. */
  readonly windows: readonly TopWindow[]
  readonly bands: readonly NeuronBand[]
  /** Activations of the sampled windows: `counts` has one number per bin, `edges` stand between the bins, ascending. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] }
}

/** 4 MB of token ids. */
const tokensReadTogether = 1024 * 1024
const largestHalf = 65504

const sumNames = ['countPositive', 'sum', 'sumAbs', 'sumSquares', 'max'] as const

/** The neurons of a recording: those of the recorded sites. */
export function recordedSpace(manifest: RecordingManifest): NeuronSpace {
  const { mlp, attention } = manifest.layerWidths
  return createNeuronSpace({
    mlp: manifest.sites.includes('mlp') ? mlp : [],
    attention: manifest.sites.includes('attention') ? attention : [],
  })
}

/**
 * Reads single neurons or all statistics of a recording without holding its arrays in memory.
 * `open` gives a file of the recording; sizes are checked against the manifest (`bad-file`).
 */
export class RecordingReader {
  readonly manifest: RecordingManifest
  readonly space: NeuronSpace
  readonly #open: (name: string) => ByteSource

  constructor(manifest: RecordingManifest, open: (name: string) => ByteSource) {
    this.manifest = manifest
    this.space = recordedSpace(manifest)
    this.#open = open
    if (countNeurons(this.space) !== manifest.neurons) throw damaged('its layers do not add up to its neurons')
  }

  /** Statistics of every recorded neuron in the flat order of `space`. */
  statistics(): NeuronStatistics {
    const { neurons, tokens } = this.manifest
    const bytes = this.#source(recordingFiles.statistics, 5 * neurons * 8).read(0, 5 * neurons * 8)
    const sums = (part: number) => float64s(bytes, part * neurons, neurons)
    const [countPositive, sum, sumAbs, sumSquares, max] = sumNames.map((_, part) => sums(part)) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    return statisticsFromSums({ tokens, countPositive, sum, sumAbs, sumSquares, max })
  }

  /** One neuron. Throws `bad-argument` when it was not recorded. */
  neuron(neuron: Neuron): RecordedNeuron {
    const flat = flattenNeuron(this.space, neuron)
    const { neurons, tokens } = this.manifest
    const source = this.#source(recordingFiles.statistics, 5 * neurons * 8)
    const [countPositive, sum, sumAbs, sumSquares, max] = sumNames.map((_, part) =>
      float64s(source.read((part * neurons + flat) * 8, 8), 0, 1),
    ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
    const own = statisticsFromSums({ tokens, countPositive, sum, sumAbs, sumSquares, max })
    for (const name of ['freq', 'meanAbs', 'rms', 'mean', 'stdPopulation', 'max'] as const) {
      if (!Number.isFinite(own[name][0])) throw damaged(`${name} of ${formatNeuron(neuron)} is not finite`)
    }
    return {
      neuron: formatNeuron(neuron),
      tokens,
      freq: own.freq[0] as number,
      meanAbs: own.meanAbs[0] as number,
      rms: own.rms[0] as number,
      stdPopulation: own.stdPopulation[0] as number,
      mean: own.mean[0] as number,
      max: own.max[0] as number,
      windows: this.topWindows(neuron),
      bands: this.#bands(flat),
      histogram: this.histogramOf(neuron),
    }
  }

  /** A neuron's top windows, most active first. Throws `bad-argument` when it was not recorded. */
  topWindows(neuron: Neuron): TopWindow[] {
    const flat = flattenNeuron(this.space, neuron)
    const { neurons, window } = this.manifest
    const places = neurons * topWindowCount
    const first = flat * topWindowCount
    const numbers = uint32s(this.#source(recordingFiles.topWindows, places * 4).read(first * 4, topWindowCount * 4))
    const maxima = float32s(this.#source(recordingFiles.topMaxima, places * 4).read(first * 4, topWindowCount * 4))
    const activations = uint16s(
      this.#source(recordingFiles.topActivations, places * window * 2).read(
        first * window * 2,
        topWindowCount * window * 2,
      ),
    )
    const windows: TopWindow[] = []
    for (let place = 0; place < topWindowCount; place++) {
      const number = numbers[place] as number
      if (number === noWindow) continue
      const recorded = this.windowAt(number)
      const halves = activations.subarray(place * window, place * window + recorded.ids.length)
      const max = maxima[place] as number
      if (!Number.isFinite(max)) throw damaged(`the largest activation of ${formatNeuron(neuron)} is not finite`)
      windows.push({ ...recorded, max, activations: Array.from(halves, recordedValue) })
    }
    return windows
  }

  /** Histogram of one neuron's activations in the sampled windows. Throws `bad-argument` when it was not recorded. */
  histogramOf(neuron: Neuron): RecordedNeuron['histogram'] {
    const flat = flattenNeuron(this.space, neuron)
    return { edges: histogramEdges().slice(1, -1), counts: this.#histogram(flat) }
  }

  #histogram(flat: number): number[] {
    const bytes = histogramBins * 4
    const source = this.#source(recordingFiles.histogram, this.manifest.neurons * bytes)
    return Array.from(uint32s(source.read(flat * bytes, bytes)))
  }

  #bands(flat: number): NeuronBand[] {
    const { neurons, sampled } = this.manifest
    const numbers = this.sampledWindows()
    const source = this.#source(recordingFiles.sampleMaxima, sampled * neurons * 2)
    const maxima = new Float64Array(sampled)
    for (let at = 0; at < sampled; at++) {
      maxima[at] = recordedValue(uint16s(source.read((at * neurons + flat) * 2, 2))[0] as number)
    }
    return bandsOf(maxima).map(({ picked, ...band }) => ({
      ...band,
      windows: picked.map((at) => ({ ...this.windowAt(numbers[at] as number), max: maxima[at] as number })),
    }))
  }

  /** The largest activation of every neuron in one sampled window, by its place in the sample: f16 bits. */
  sampledMaxima(place: number): Uint16Array {
    const { neurons, sampled } = this.manifest
    const source = this.#source(recordingFiles.sampleMaxima, sampled * neurons * 2)
    return uint16s(source.read(place * neurons * 2, neurons * 2))
  }

  /** Numbers of the windows of the uniform sample, ascending. */
  sampledWindows(): number[] {
    const { sampled } = this.manifest
    return Array.from(uint32s(this.#source(recordingFiles.sampleWindows, sampled * 4).read(0, sampled * 4)))
  }

  /** One window of the corpus. */
  windowAt(number: number): RecordedWindow {
    const { windows, window, rowData, model } = this.manifest
    if (number >= windows) throw damaged(`it names window ${number} and has only ${windows}`)
    const one = (name: string) => int32s(this.#source(name, windows * 4).read(number * 4, 4))[0] as number
    const length = one(recordingFiles.lengths)
    if (length < 1 || length > window) throw damaged(`window ${number} has ${length} tokens of ${window}`)
    const ids = int32s(this.#source(recordingFiles.tokens, windows * window * 4).read(number * window * 4, length * 4))
    const tokenStart = one(recordingFiles.tokenStarts)
    const row = rowData ? one(recordingFiles.rows) : 0
    if (tokenStart < 0 || row < 0) throw damaged(`window ${number} starts before its document`)
    const foreign = ids.find((id) => id < 0 || id >= model.vocabularySize)
    if (foreign !== undefined) throw damaged(`window ${number} holds ${foreign}, which is no token of its model`)
    return {
      window: number,
      tokenStart,
      ...(rowData ? { row } : {}),
      ids: Array.from(ids),
    }
  }

  /** How often each token id occurs in the recorded corpus, padding left out: [vocabularySize]. */
  tokenCounts(): Uint32Array {
    const { windows, window, model } = this.manifest
    const lengths = int32s(this.#source(recordingFiles.lengths, windows * 4).read(0, windows * 4))
    const tokens = this.#source(recordingFiles.tokens, windows * window * 4)
    const counts = new Uint32Array(model.vocabularySize)
    const together = Math.max(1, Math.floor(tokensReadTogether / window))
    for (let first = 0; first < windows; first += together) {
      const count = Math.min(together, windows - first)
      const ids = int32s(tokens.read(first * window * 4, count * window * 4))
      for (let w = 0; w < count; w++) {
        const length = Math.min(lengths[first + w] as number, window)
        for (let at = w * window; at < w * window + length; at++) {
          const id = ids[at] as number
          if (id >= 0 && id < counts.length) counts[id]! += 1
        }
      }
    }
    return counts
  }

  #source(name: string, bytes: number): ByteSource {
    const source = this.#open(name)
    if (source.size === bytes) return source
    throw new SnipError('bad-file', `${name} of the recording has ${source.size} bytes, not ${bytes}`, {
      remedy: 'Record again: the file was cut short or belongs to another recording.',
    })
  }
}

function damaged(what: string): SnipError {
  return new SnipError('bad-file', `The recording is damaged: ${what}`, {
    remedy: 'Record again: the files do not belong together.',
  })
}

/** An activation from f16 bits. One too large for f16 was stored as infinity, which JSON does not know: the largest f16 stands for it. */
function recordedValue(half: number): number {
  const value = halfValue(half)
  if (Number.isNaN(value)) throw damaged('it holds an activation that is not a number')
  return Math.max(-largestHalf, Math.min(largestHalf, value))
}

/** A copy of the bytes, so that a typed array finds them aligned. Recordings are little-endian, like every host here. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

const uint16s = (bytes: Uint8Array) => new Uint16Array(aligned(bytes))
const uint32s = (bytes: Uint8Array) => new Uint32Array(aligned(bytes))
const int32s = (bytes: Uint8Array) => new Int32Array(aligned(bytes))
const float32s = (bytes: Uint8Array) => new Float32Array(aligned(bytes))

function float64s(bytes: Uint8Array, from: number, count: number): Float64Array {
  return new Float64Array(aligned(bytes.subarray(from * 8, (from + count) * 8)))
}
