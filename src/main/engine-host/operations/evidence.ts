import { SnipError } from '../../../contract/failure.ts'
import { formatNeuron, parseNeuron, type Neuron } from '../../../contract/neuron.ts'
import type { NeuronEvidence } from '../../../core/concepts/evidence.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import type { RecordedWindow, RecordingReader } from '../../../core/recording/recording-reader.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { openRecording } from '../../files/open-recording.ts'
import { encodeBulk } from '../client/bulk.ts'
import type { OpenModel } from '../model/open-model.ts'
import { windowActivations } from './activations.ts'
import { betweenBatches } from './steps.ts'

/** Windows drawn at random that every neuron is also judged on: 10 each to calibrate, to validate and to test. */
const randomWindowCount = 30
/** Neurons whose activations on the random windows are held at once, some 100 MB: those of a large model are gigabytes. */
const neuronsTogether = 8192
/** Neurons of one event. */
const neuronsPerEvent = 32

/** A neuron of a recording with the numbers of its windows, some of which it shares with others. */
export interface GatheredEvidence {
  readonly neuron: Neuron
  readonly evidence: NeuronEvidence
  /** Windows of `evidence.top`, then of `evidence.random`, by their numbers in the recording. */
  readonly windows: readonly number[]
}

/** The evidence of neurons of a recording, in the order given: top windows, and a random sample that all neurons share. */
export async function* gatherEvidence(
  model: OpenModel,
  directory: string,
  ids: readonly string[],
  seed: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<GatheredEvidence> {
  const neurons = ids.map((id) => neuronOf(model, id))
  const { reader, close } = openRecording(directory)
  try {
    const evidence = new Evidence(model, reader, drawWindows(reader, seed))
    for (let first = 0; first < neurons.length; first += neuronsTogether) {
      const group = neurons.slice(first, first + neuronsTogether)
      const random = await evidence.randomActivations(group, signal)
      for (const [at, neuron] of group.entries()) {
        await betweenBatches(signal)
        yield evidence.of(neuron, random[at]!)
      }
    }
  } finally {
    close()
  }
}

export interface EvidenceRequest {
  readonly directory: string
  readonly neurons: readonly string[]
  readonly seed: number
}

/**
 * Evidence as it crosses to another process: token texts of each window once, then neurons with window numbers and activations, f32
 * one after the other, those of the top windows before those of the random ones.
 */
export async function* streamEvidence(model: OpenModel, request: EvidenceRequest, signal: AbortSignal | undefined) {
  const told = new Set<number>()
  let windows: { window: number; tokens: string[] }[] = []
  let neurons: { neuron: string; top: number[]; random: number[]; activations: string }[] = []
  let left = request.neurons.length
  const { directory, seed } = request
  for await (const gathered of gatherEvidence(model, directory, request.neurons, seed, signal)) {
    const all = [...gathered.evidence.top, ...gathered.evidence.random]
    for (const [at, { tokens }] of all.entries()) {
      const window = gathered.windows[at]!
      if (told.has(window)) continue
      told.add(window)
      windows.push({ window, tokens: [...tokens] })
    }
    const { length } = gathered.evidence.top
    const { neuron } = gathered.evidence
    const activations = encodeBulk(joined(all.map((window) => window.activations)))
    neurons.push({
      neuron,
      top: gathered.windows.slice(0, length),
      random: gathered.windows.slice(length),
      activations,
    })
    if (--left > 0 && neurons.length < neuronsPerEvent) continue
    yield { kind: 'neurons' as const, windows, neurons }
    windows = []
    neurons = []
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A neuron that the model has. Throws `bad-data`: a recording says itself which neurons are in it. */
function neuronOf(model: OpenModel, id: string): Neuron {
  const neuron = parseNeuron(id)
  if (neuron !== null && findNeuron(model.space, neuron) !== null) return neuron
  const why = neuron === null ? 'it names no neuron' : describeRange(model.space, neuron)
  throw new SnipError('bad-data', `The model has no neuron ${id}: ${why}`, {
    remedy: 'Use a recording of this model.',
  })
}

/** What explainers are shown: a neuron's top windows, and the random windows that all neurons share. */
class Evidence {
  readonly #model: OpenModel
  readonly #reader: RecordingReader
  readonly #random: readonly RecordedWindow[]
  readonly #tokens = new Map<number, readonly string[]>()

  constructor(model: OpenModel, reader: RecordingReader, random: readonly RecordedWindow[]) {
    this.#model = model
    this.#reader = reader
    this.#random = random
  }

  /** Activations of some neurons on the random windows: [neuron][window] of f32 [tokens]. */
  randomActivations(neurons: readonly Neuron[], signal: AbortSignal | undefined): Promise<Float32Array[][]> {
    const windows = this.#random.map(({ ids }) => ids)
    return windowActivations(this.#model, windows, neurons, signal)
  }

  of(neuron: Neuron, random: readonly Float32Array[]): GatheredEvidence {
    const top = this.#reader.topWindows(neuron)
    return {
      neuron,
      windows: [...top, ...this.#random].map(({ window }) => window),
      evidence: {
        neuron: formatNeuron(neuron),
        top: top.map((window) => ({
          tokens: this.#tokensOf(window),
          activations: Float32Array.from(window.activations),
        })),
        random: this.#random.map((window, at) => ({ tokens: this.#tokensOf(window), activations: random[at]! })),
      },
    }
  }

  #tokensOf(window: RecordedWindow): readonly string[] {
    const known = this.#tokens.get(window.window)
    if (known) return known
    const tokens = window.ids.map((id) => this.#model.tokenizer.tokenText(id))
    this.#tokens.set(window.window, tokens)
    return tokens
  }
}

function drawWindows(reader: RecordingReader, seed: number): RecordedWindow[] {
  const sampled = reader.sampledWindows()
  const random = createRandom(deriveSeed(seed, 'explain-random-windows'))
  const places = random.sample(sampled.length, Math.min(randomWindowCount, sampled.length))
  return places.map((place) => reader.windowAt(sampled[place]!))
}
