import type { Progress } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Concept } from '../../../contract/files.ts'
import { formatNeuron, parseNeuron, type Neuron } from '../../../contract/neuron.ts'
import type { EvidenceWindow, NeuronEvidence } from '../../../core/concepts/evidence.ts'
import { conceptOf } from '../../../core/concepts/explainers/explainer.ts'
import type { RecordedWindow, RecordingReader } from '../../../core/recording/recording-reader.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { openRecording } from '../../files/open-recording.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { checkIds } from './logits.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

/** Windows drawn at random that every neuron is also judged on: 10 each to calibrate, to validate and to test. */
const randomWindowCount = 30

export interface ExplainRequest {
  readonly directory: string
  readonly explainer: string
  readonly neurons: readonly string[]
  readonly seed: number
}

export type ExplainEvent = Progress | { readonly kind: 'concept'; readonly concept: Concept }

/** Explains neurons of a recording from their top windows and a shared random sample, one after the other. */
export async function* explainNeurons(
  model: OpenModel,
  request: ExplainRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<ExplainEvent> {
  // The word lists take a second to load, which every other command would pay for.
  const [{ explainers }, { WindowTagger }] = await Promise.all([
    import('../../../core/concepts/explainers/index.ts'),
    import('../../../core/concepts/features/window-tagger.ts'),
  ])
  const explainer = Object.values(explainers).find((member) => member.id === request.explainer)
  if (!explainer) {
    throw new SnipError('bad-argument', `There is no explainer "${request.explainer}"`, {
      remedy: `Choose one of: ${Object.keys(explainers).join(', ')}.`,
    })
  }
  const neurons = request.neurons.map((id) => neuronOf(model, id))
  const { reader, close } = openRecording(request.directory)
  try {
    const evidence = await Evidence.gather(model, reader, request.seed, signal)
    const tagger = new WindowTagger()
    const throttle = new ProgressThrottle()
    const total = neurons.length
    for (const [at, neuron] of neurons.entries()) {
      await betweenBatches(signal)
      const explanation = explainer.run(evidence.of(neuron), explainer.parameters.parse({}), tagger)
      yield { kind: 'concept', concept: conceptOf(explanation, explainer) }
      if (throttle.due(at + 1, total)) yield progress(at + 1, total, 'neurons')
    }
  } finally {
    close()
  }
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

/** What all neurons share: the surface text of windows, and the activations of every neuron on the random ones. */
class Evidence {
  readonly #model: OpenModel
  readonly #reader: RecordingReader
  readonly #tokens = new Map<number, readonly string[]>()
  readonly #random: readonly RecordedWindow[]
  /** By site and layer, for each random window: [tokens, width]. */
  readonly #activations: ReadonlyMap<string, readonly Float32Array[]>

  private constructor(
    model: OpenModel,
    reader: RecordingReader,
    random: readonly RecordedWindow[],
    activations: ReadonlyMap<string, readonly Float32Array[]>,
  ) {
    this.#model = model
    this.#reader = reader
    this.#random = random
    this.#activations = activations
  }

  static async gather(
    model: OpenModel,
    reader: RecordingReader,
    seed: number,
    signal: AbortSignal | undefined,
  ): Promise<Evidence> {
    const random = drawWindows(reader, seed)
    const session = await model.sessions.get(purposes.activations)
    const activations = new Map<string, Float32Array[]>()
    for (const { ids } of random) {
      checkIds(model, ids, 'A recorded window')
      await betweenBatches(signal)
      const results = await session.run({ input_ids: int64Tensor(ids, [1, ids.length]) })
      for (const output of session.outputNames) {
        const layer = output.replace(/\.activations$/, '')
        const windows = activations.get(layer) ?? []
        windows.push(floatOutput(results, output))
        activations.set(layer, windows)
      }
    }
    return new Evidence(model, reader, random, activations)
  }

  /** What an explainer is shown of one neuron. */
  of(neuron: Neuron): NeuronEvidence {
    return {
      neuron: formatNeuron(neuron),
      top: this.#reader.topWindows(neuron).map((window) => ({
        tokens: this.#tokensOf(window),
        activations: Float32Array.from(window.activations),
      })),
      random: this.#randomOf(neuron),
    }
  }

  #tokensOf(window: RecordedWindow): readonly string[] {
    const known = this.#tokens.get(window.window)
    if (known) return known
    const tokens = window.ids.map((id) => this.#model.tokenizer.tokenText(id))
    this.#tokens.set(window.window, tokens)
    return tokens
  }

  #randomOf({ site, layer, index }: Neuron): EvidenceWindow[] {
    const width = this.#model.space.layerWidths[site][layer]!
    const layerWindows = this.#activations.get(`${site}.${layer}`)!
    return this.#random.map((window, at) => {
      const all = layerWindows[at]!
      const activations = new Float32Array(window.ids.length)
      for (let token = 0; token < activations.length; token++) activations[token] = all[token * width + index]!
      return { tokens: this.#tokensOf(window), activations }
    })
  }
}

function drawWindows(reader: RecordingReader, seed: number): RecordedWindow[] {
  const sampled = reader.sampledWindows()
  const random = createRandom(deriveSeed(seed, 'explain-random-windows'))
  const places = random.sample(sampled.length, Math.min(randomWindowCount, sampled.length))
  return places.map((place) => reader.windowAt(sampled[place]!))
}
