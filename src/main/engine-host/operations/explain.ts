import type { Progress } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Concept } from '../../../contract/files.ts'
import { formatNeuron, parseNeuron, type Neuron } from '../../../contract/neuron.ts'
import type { NeuronEvidence } from '../../../core/concepts/evidence.ts'
import { conceptOf } from '../../../core/concepts/explainers/explainer.ts'
import type { RecordedWindow, RecordingReader } from '../../../core/recording/recording-reader.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { openRecording } from '../../files/open-recording.ts'
import type { OpenModel } from '../model/open-model.ts'
import { windowActivations } from './activations.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

/** Windows drawn at random that every neuron is also judged on: 10 each to calibrate, to validate and to test. */
const randomWindowCount = 30
/** Neurons whose activations on the random windows are held at once, some 100 MB: those of a large model are gigabytes. */
const neuronsTogether = 8192

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
    const evidence = new Evidence(model, reader, drawWindows(reader, request.seed))
    const tagger = new WindowTagger()
    const throttle = new ProgressThrottle()
    let done = 0
    for (let first = 0; first < neurons.length; first += neuronsTogether) {
      const group = neurons.slice(first, first + neuronsTogether)
      const random = await evidence.randomActivations(group, signal)
      for (const [at, neuron] of group.entries()) {
        await betweenBatches(signal)
        const explanation = explainer.run(evidence.of(neuron, random[at]!), explainer.parameters.parse({}), tagger)
        yield { kind: 'concept', concept: conceptOf(explanation, explainer) }
        if (throttle.due(++done, neurons.length)) yield progress(done, neurons.length, 'neurons')
      }
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

  of(neuron: Neuron, random: readonly Float32Array[]): NeuronEvidence {
    return {
      neuron: formatNeuron(neuron),
      top: this.#reader.topWindows(neuron).map((window) => ({
        tokens: this.#tokensOf(window),
        activations: Float32Array.from(window.activations),
      })),
      random: this.#random.map((window, at) => ({ tokens: this.#tokensOf(window), activations: random[at]! })),
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
