import { SnipError } from '../../../contract/failure.ts'
import type { Concept, ConceptSimulation } from '../../../contract/files.ts'
import type { NeuronEvidence } from '../../../core/concepts/evidence.ts'
import { releasedSampling, type ExplanationReading } from '../../../core/concepts/explainers/llm-explainer.ts'
import type { ChatRequest, LanguageModel } from '../../../core/concepts/language-model.ts'
import { splitForLanguageModel, type LlmEvidence } from '../../../core/concepts/llm-evidence.ts'
import { packSimulation } from '../../../core/concepts/scorers/kept-simulation.ts'
import type { LlmScore, LlmScorer, ScoreReply, ScoreRequest } from '../../../core/concepts/scorers/llm-scorer.ts'
import { attemptAt, failedAnswersOf } from './failed-answers.ts'
import type { LlmWays } from './llm-ways.ts'

/** A concept, and what the scorer's model said it predicts where that was simulated. */
export interface ExplainedNeuron extends Concept {
  readonly simulation?: ConceptSimulation
}

/** Between the seeds of two attempts: more than there are draws. */
const seedsOfAnAttempt = 1000

/** The requests that ask for sentences of one neuron: none where it fires nowhere. */
export function explainRequests(
  split: LlmEvidence,
  { explainer, samples, seed, room }: LlmWays,
  attempt = 1,
): ChatRequest[] {
  const fires = split.train.some(({ activations }) => activations.some((activation) => activation > 0))
  if (!fires) return []
  // A server that draws by the seed would only repeat itself.
  const first = seed + (attempt - 1) * seedsOfAnAttempt
  return Array.from({ length: samples }, (_, sample) => {
    // Each draw is a request of its own: without a seed all would be the same one, and answered once.
    const request = explainer.request(split.train, { ...releasedSampling, seed: first + sample }, room)
    return attempt === 1 ? request : { ...request, attempt }
  })
}

/**
 * Has a language model name a neuron and score what it says. A neuron without a usable sentence becomes a concept with status `failed`,
 * no text and the reason. Throws what concerns more than this neuron: the key, the quota, the budget, a cancel.
 */
export async function explainNeuron(
  evidence: NeuronEvidence,
  ways: LlmWays,
  model: LanguageModel,
  signal: AbortSignal,
): Promise<ExplainedNeuron> {
  const { neuron } = evidence
  const split = splitForLanguageModel(evidence)
  const attempt = attemptAt(neuron, ways)
  const requests = explainRequests(split, ways, attempt)
  const base = { neuron, author: model.id, explainer: ways.explainer.id }
  const before = ways.failedAnswers?.get(neuron) ?? 0
  const failed = (reason: string, failedAnswers = before): Concept => ({
    ...base,
    text: '',
    score: null,
    scoreKind: null,
    reason,
    status: 'failed',
    ...failedAnswersOf(failedAnswers),
  })
  if (requests.length === 0) return failed('the neuron is positive on none of its top windows')
  let isAnswered = true
  const readings = await Promise.all(
    requests.map(async (request): Promise<ExplanationReading> => {
      const reply = await ask({ kind: 'chat', request }, model, signal)
      if (reply.kind === 'chat') return ways.explainer.read(reply.reply)
      isAnswered = false
      return { ok: false, reason: reply.kind === 'failed' ? reply.reason : 'no chat' }
    }),
  )
  const texts = sentencesOf(readings)
  const [first] = texts
  if (first === undefined) {
    const reasons = readings.flatMap((reading) => (reading.ok ? [] : [reading.reason]))
    // What never came as an answer is sent once more anyway.
    return failed(reasons[0] ?? 'there was no reply', isAnswered ? attempt : before)
  }
  if (ways.scorer === null) return { ...base, text: first, score: null, scoreKind: null, status: 'suggested' }
  const scored = await Promise.all(texts.map((text) => scoreText(text, split, ways, model, signal)))
  let best = 0
  for (const [at, { score }] of scored.entries()) {
    if ((score ?? -Infinity) > (scored[best]!.score ?? -Infinity)) best = at
  }
  const text = texts[best]!
  const { score, scoreKind, reason } = scored[best]!
  const simulation = packSimulation(neuron, text, split, scored[best]!, ways.calibration)
  return {
    ...base,
    text,
    score,
    scoreKind,
    ...(reason === undefined ? {} : { reason }),
    status: 'suggested',
    ...(simulation === null ? {} : { simulation }),
  }
}

/** The different sentences of several draws. */
export function sentencesOf(readings: readonly ExplanationReading[]): string[] {
  return [...new Set(readings.flatMap((reading) => (reading.ok ? [reading.text] : [])))]
}

/** Score of any sentence on a neuron's held-out windows; its kind names scorer, calibration and model. */
export async function scoreText(
  text: string,
  split: LlmEvidence,
  ways: LlmWays,
  model: LanguageModel,
  signal: AbortSignal,
): Promise<LlmScore> {
  const scorer = ways.scorer!
  const requests = scorer.requests(text, split, ways)
  const replies = await Promise.all(requests.map((request) => ask(request, model, signal)))
  const score = scorer.score(split, replies, ways)
  return { ...score, scoreKind: scoreKindOf(score.scoreKind, scorer, ways, model) }
}

/** For instance `pearson-simulation-written, percentile, api.openai.com/gpt-4o`; calibration only where one is fitted. */
function scoreKindOf(kind: string, scorer: LlmScorer, { calibration }: LlmWays, model: LanguageModel): string {
  const isCalibrated = scorer.id.startsWith('simulation')
  return [kind, ...(isCalibrated ? [`calibration ${calibration}`] : []), model.id].join(', ')
}

async function ask(request: ScoreRequest, model: LanguageModel, signal: AbortSignal): Promise<ScoreReply> {
  try {
    if (request.kind === 'chat') return { kind: 'chat', reply: await model.chat(request.request, signal) }
    if (model.complete === null) {
      throw new SnipError('llm-model', 'The server does not score the tokens of a prompt', {
        remedy: 'Use another scorer.',
      })
    }
    return { kind: 'completion', reply: await model.complete(request.request, signal) }
  } catch (error) {
    // An answer that never became usable leaves this neuron without a score; all else concerns more than it.
    if (error instanceof SnipError && error.kind === 'llm-reply') return { kind: 'failed', reason: error.message }
    throw error
  }
}
