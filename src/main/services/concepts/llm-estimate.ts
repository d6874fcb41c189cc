import type { NeuronId } from '../../../contract/neuron.ts'
import { splitForLanguageModel, type LlmEvidence } from '../../../core/concepts/llm-evidence.ts'
import { createRandom, deriveSeed } from '../../../core/stats/random.ts'
import { withRecording } from '../../files/open-recording.ts'
import { chatModelIdOf, type CountedRequest, type Estimate, type LanguageModels } from '../language-models/index.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { chooseNeurons } from './choose-neurons.ts'
import { modelOfRecording } from './explain.ts'
import { leavesOut, readExtended } from './extended-file.ts'
import { attemptAt, type AskedBefore } from './failed-answers.ts'
import { roomOf } from './prompt-room.ts'
import type { LlmExplainRequest } from './explain-llm.ts'
import { evidenceOf } from './llm-evidence.ts'
import { explainRequests } from './llm-neuron.ts'
import { findWays, type LlmWays } from './llm-ways.ts'

/** What explaining will take. Of many neurons some are counted, and the sums scaled up to all. */
export interface ExplainEstimate extends Estimate {
  readonly neurons: number
  /** Neurons whose requests were counted. */
  readonly counted: number
  /** Of the choice, left out because their answer was no concept. */
  readonly leftOut: number
}

/** Neurons whose requests are counted one by one: enough for a sum within a few percent. */
const mostCounted = 100

/** Stands for a sentence that is not written yet, in requests that score one; longer than most. */
const unwritten =
  'words and phrases that have to do with a certain topic, kind of action, place or person, and their variations'

export type EstimateRequest = Pick<
  LlmExplainRequest,
  | 'recording'
  | 'neurons'
  | 'provider'
  | 'explainer'
  | 'scorer'
  | 'calibration'
  | 'samples'
  | 'seed'
  | 'tokenizer'
  | 'model'
> &
  AskedBefore & {
    /** The file that is extended; null where there is none. */
    readonly extends?: string | null
    readonly control?: number
    readonly inBatches?: boolean
  }

/** Counts the requests of an explanation as they would be sent. Sends nothing; needs the engine for what is put into them. */
export async function estimateExplaining(
  models: Models,
  languageModels: LanguageModels,
  request: EstimateRequest,
  task: Task,
): Promise<ExplainEstimate> {
  const provider = languageModels.provider(request.provider)
  const out = request.extends ?? null
  const extended = out === null ? null : readExtended(out, request.explainer, chatModelIdOf(provider))
  const ways = {
    ...findWays(request),
    room: await roomOf(provider),
    failedAnswers: extended?.failedAnswers ?? request.failedAnswers ?? new Map<NeuronId, number>(),
    askAnew: request.askAnew === true,
  }
  const { manifest, neurons, leftOut } = withRecording(request.recording, (reader) => ({
    manifest: reader.manifest,
    ...chooseNeurons(reader, request.neurons, extended?.named, leavesOut(extended, ways)),
  }))
  const model = request.model ?? (await modelOfRecording(models, manifest, request.tokenizer, task))
  const counted = sampleOf(neurons, request.seed)
  const place = { model, recording: request.recording, seed: request.seed }
  // Of those counted, the share that gets the sentence of another neuron as well.
  const share = Math.min(request.control ?? 0, neurons.length) / neurons.length
  const controlled = ways.scorer === null ? 0 : Math.round(share * counted.length)
  let done = 0
  async function* requests(): AsyncGenerator<CountedRequest> {
    for await (const evidence of evidenceOf(models, place, counted, task.signal)) {
      yield* requestsOf(splitForLanguageModel(evidence), ways, attemptAt(evidence.neuron, ways), done < controlled)
      task.report({ stage: 'Counting tokens', done: ++done, total: counted.length, unit: 'neurons' })
    }
  }
  const estimate = await languageModels.estimate(request.provider, requests(), {
    signal: task.signal,
    inBatches: request.inBatches === true,
  })
  return {
    ...scaled(estimate, neurons.length / counted.length),
    neurons: neurons.length,
    counted: counted.length,
    leftOut,
  }
}

function* requestsOf(
  split: LlmEvidence,
  ways: LlmWays,
  attempt: number,
  controlled: boolean,
): Generator<CountedRequest> {
  const explaining = explainRequests(split, ways, attempt)
  for (const request of explaining) yield { kind: 'chat', request }
  if (explaining.length === 0 || ways.scorer === null) return
  for (let sample = 0; sample < ways.samples + (controlled ? 1 : 0); sample++) {
    // Every draw may say something else, which is a request of its own.
    yield* ways.scorer.requests(`${unwritten}${sample === 0 ? '' : ` ${sample}`}`, split, ways)
  }
}

function sampleOf(neurons: readonly NeuronId[], seed: number): readonly NeuronId[] {
  if (neurons.length <= mostCounted) return neurons
  const random = createRandom(deriveSeed(seed, 'estimate'))
  return random.sample(neurons.length, mostCounted).map((at) => neurons[at]!)
}

function scaled(estimate: Estimate, scale: number): Estimate {
  const times = (value: number) => Math.ceil(value * scale)
  const { mostCost, seconds } = estimate
  return {
    ...estimate,
    calls: times(estimate.calls),
    answered: times(estimate.answered),
    promptTokens: times(estimate.promptTokens),
    mostCompletionTokens: times(estimate.mostCompletionTokens),
    mostCost: mostCost === null ? null : mostCost * scale,
    seconds: seconds === null ? null : seconds * scale,
  }
}
