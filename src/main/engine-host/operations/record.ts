import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import type { Site } from '../../../contract/neuron.ts'
import { recordingFiles, sampleWindowCount } from '../../../core/recording/recording-format.ts'
import { RecordingState } from '../../../core/recording/recording-state.ts'
import type { WindowTable } from '../../../core/recording/windows.ts'
import { countNeurons, restrictSpace, type NeuronSpace } from '../../../core/ranking/neuron-space.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { withFile } from '../../files/file-source.ts'
import { bytesOf, writeAside } from '../../files/write-aside.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, purposes } from '../sessions/model-sessions.ts'
import { tokenFeeds } from '../sessions/token-feeds.ts'
import { windowBatches } from './losses.ts'
import { requireFinite } from './not-finite.ts'
import { betweenBatches, endWhenOrphaned, progress, ProgressThrottle } from './steps.ts'

/** Raw activations of a batch stay below 256 MB, whatever the model's size. */
const activationElements = 64 * 1024 * 1024
/** Tokens: enough that products of matrices run at full speed, few enough that a layer's neurons stay in a cache for the statistics. */
const largestBatch = 512
/** Of a checkpoint: windows done, windows in a batch. */
const headerBytes = 16
const restorePieceBytes = 64 * 1024 * 1024

/** Milliseconds from one checkpoint to the next: little is lost, and they cost at most a fortieth of the time. */
export function defaultCheckpointPauseMs(costMs: number): number {
  return Math.max(2000, 40 * costMs)
}

interface Layer {
  readonly name: string
  readonly firstNeuron: number
  readonly width: number
}

/**
 * Records every neuron of the given sites over a corpus in one pass (statistics in the graph, top windows here) and writes the
 * arrays of recording-format.ts into `directory`. A checkpoint of the same recording there is continued.
 */
export async function* recordCorpus(
  model: OpenModel,
  corpus: WindowTable,
  directory: string,
  sites: readonly Site[],
  seed: number,
  signal: AbortSignal | undefined,
  checkpointPauseMs = defaultCheckpointPauseMs,
  feedsOf: RecordFeeds = (start, end) => recordFeeds(model, corpus, start, end),
) {
  const space = restrictSpace(model.space, sites)
  const neurons = countNeurons(space)
  const sampled = Math.min(corpus.count, sampleWindowCount)
  const sample = createRandom(deriveSeed(seed, 'sample-windows')).sample(corpus.count, sampled)
  const state = new RecordingState(neurons, corpus.window, Uint32Array.from(sample))
  const layers = layersOf(space)
  const widest = Math.floor(activationElements / neurons)
  const batches = windowBatches(model, corpus, Math.min(largestBatch, Math.max(corpus.window, widest)))
  const checkpoint = new Checkpoint(
    join(directory, recordingFiles.checkpoint),
    state,
    batches[0]!.end,
    checkpointPauseMs,
  )
  const resumedAtWindow = checkpoint.restore()
  const session = await model.sessions.lease(purposes.record(space.sites))
  try {
    const buffers = new ActivationBuffers(layers)
    const throttle = new ProgressThrottle()
    for (const { start, end } of batches) {
      if (end <= resumedAtWindow) continue
      await betweenBatches(signal)
      const tokens = (end - start) * corpus.window
      const fetches = buffers.fetches(session.outputNames, tokens)
      const results = await session.run(feedsOf(start, end), fetches)
      const lengths = corpus.lengths.subarray(start, end)
      for (const layer of layers) {
        const sumSquares = floatOutput(results, `${layer.name}.sumSquares`)
        requireFinite(model, sumSquares, 'The activations')
        const batch = {
          firstNeuron: layer.firstNeuron,
          width: layer.width,
          countPositive: floatOutput(results, `${layer.name}.countPositive`),
          sum: floatOutput(results, `${layer.name}.sum`),
          sumAbs: floatOutput(results, `${layer.name}.sumAbs`),
          sumSquares,
          windowMax: floatOutput(results, `${layer.name}.windowMax`),
          activations: buffers.data(layer, tokens),
        }
        state.addLayer(batch, start, lengths)
      }
      if (end < corpus.count) checkpoint.saveWhenDue(end)
      if (throttle.due(end, corpus.count)) yield progress(end, corpus.count, 'windows')
    }
  } finally {
    await session.release()
  }
  endWhenOrphaned()
  writeRecording(directory, state, corpus)
  return { windows: corpus.count, tokens: corpus.tokensUsed, neurons, resumedAtWindow }
}

function layersOf(space: NeuronSpace): Layer[] {
  const layers: Layer[] = []
  let firstNeuron = 0
  for (const site of space.sites) {
    for (const [layer, width] of space.layerWidths[site].entries()) {
      if (width > 0) layers.push({ name: `${site}.${layer}`, firstNeuron, width })
      firstNeuron += width
    }
  }
  return layers
}

/** What a session records windows from `start` to `end` from. */
export type RecordFeeds = (start: number, end: number) => Record<string, ort.Tensor>

function recordFeeds(model: OpenModel, corpus: WindowTable, start: number, end: number): Record<string, ort.Tensor> {
  const { window } = corpus
  const dims = [end - start, window] as const
  const ids = corpus.ids.subarray(start * window, end * window)
  const feeds = tokenFeeds(model, ids, dims, corpus.lengths.subarray(start, end))
  // Models that read in both directions are told what is padding anyway.
  if (model.layout?.bidirectional === true) return feeds
  const valid = new Float32Array((end - start) * window)
  for (let w = start; w < end; w++) {
    const from = (w - start) * window
    valid.fill(1, from, from + corpus.lengths[w]!)
  }
  return { ...feeds, valid: new ort.Tensor('float32', valid, [1, valid.length]) }
}

/** Images as windows: the class token, 0, then the patches from 1. A row is the image's number. */
export function imageWindows({ shape }: Pick<OpenModel, 'shape'>, count: number): WindowTable {
  const window = shape.contextLength
  const each = (value: (image: number) => number) => Int32Array.from({ length: count }, (_, image) => value(image))
  return {
    window,
    count,
    ids: Int32Array.from({ length: count * window }, (_, at) => at % window),
    lengths: each(() => window),
    tokenStarts: each(() => 0),
    documents: each((image) => image),
    rows: each((image) => image),
    tokensUsed: count * window,
  }
}

/** Output buffers for raw activations, used again for every batch of the same size. */
class ActivationBuffers {
  readonly #layers: readonly Layer[]
  #tokens = -1
  #buffers = new Map<string, Float32Array>()

  constructor(layers: readonly Layer[]) {
    this.#layers = layers
  }

  fetches(outputs: readonly string[], tokens: number): Record<string, ort.Tensor | null> {
    if (tokens !== this.#tokens) {
      this.#tokens = tokens
      this.#buffers = new Map(
        this.#layers.map(({ name, width }) => [nameOfActivations(name), new Float32Array(tokens * width)]),
      )
    }
    const fetches: Record<string, ort.Tensor | null> = {}
    for (const output of outputs) {
      const buffer = this.#buffers.get(output)
      fetches[output] = buffer ? new ort.Tensor('float32', buffer, [tokens, buffer.length / tokens]) : null
    }
    return fetches
  }

  data({ name, width }: Layer, tokens: number): Float32Array {
    return this.#buffers.get(nameOfActivations(name))!.subarray(0, tokens * width)
  }
}

function nameOfActivations(layer: string): string {
  return `${layer}.activations`
}

/** Saves a recording's state now and then. */
class Checkpoint {
  readonly #path: string
  readonly #state: RecordingState
  readonly #windowsPerBatch: number
  readonly #pauseMs: (costMs: number) => number
  #lastSave = performance.now()
  #pause: number

  constructor(path: string, state: RecordingState, windowsPerBatch: number, pauseMs: (costMs: number) => number) {
    this.#path = path
    this.#windowsPerBatch = windowsPerBatch
    this.#state = state
    this.#pauseMs = pauseMs
    this.#pause = pauseMs(0)
  }

  /** Loads a checkpoint of the same shape and batches; returns the number of windows that it covers. */
  restore(): number {
    if (!existsSync(this.#path)) return 0
    return withFile(this.#path, recordingFiles.checkpoint, (file) => {
      const arrays = this.#state.arrays()
      if (file.size !== arrays.reduce((sum, array) => sum + array.byteLength, headerBytes)) return 0
      const header = new DataView(file.read(0, headerBytes).buffer)
      // The f32 sums of a batch depend on where batches end: a checkpoint of other batches is of no use.
      if (Number(header.getBigUint64(8, true)) !== this.#windowsPerBatch) return 0
      let at = headerBytes
      for (const array of arrays) {
        const bytes = bytesOf(array)
        for (let done = 0; done < bytes.length; done += restorePieceBytes) {
          const length = Math.min(restorePieceBytes, bytes.length - done)
          bytes.set(file.read(at + done, length), done)
        }
        at += bytes.length
      }
      return Number(header.getBigUint64(0, true))
    })
  }

  saveWhenDue(windowsDone: number): void {
    const started = performance.now()
    if (started - this.#lastSave < this.#pause) return
    endWhenOrphaned()
    const header = Buffer.alloc(headerBytes)
    header.writeBigUInt64LE(BigInt(windowsDone))
    header.writeBigUInt64LE(BigInt(this.#windowsPerBatch), 8)
    writeAside(this.#path, [header, ...this.#state.arrays().map(bytesOf)])
    this.#lastSave = performance.now()
    this.#pause = this.#pauseMs(this.#lastSave - started)
  }
}

function writeRecording(directory: string, state: RecordingState, corpus: WindowTable): void {
  const write = (name: string, values: ArrayBufferView) => writeAside(join(directory, name), [bytesOf(values)])
  write(recordingFiles.statistics, state.statistics)
  write(recordingFiles.topWindows, state.top.windows)
  write(recordingFiles.topMaxima, state.top.maxima)
  write(recordingFiles.topActivations, state.top.activations)
  write(recordingFiles.sampleWindows, state.sample)
  write(recordingFiles.sampleMaxima, state.sampleMaxima)
  write(recordingFiles.histogram, state.histogram)
  write(recordingFiles.tokens, corpus.ids)
  write(recordingFiles.lengths, corpus.lengths)
  write(recordingFiles.tokenStarts, corpus.tokenStarts)
  if (corpus.rows) write(recordingFiles.rows, corpus.rows)
}
