import type { NeuronId } from '../../../contract/neuron.ts'
import type { ChatRequest } from '../../../core/concepts/language-model.ts'
import { splitForLanguageModel, type LlmEvidence } from '../../../core/concepts/llm-evidence.ts'
import type { BatchOutcome, LanguageModels, ModelUse, OpenLanguageModel } from '../language-models/index.ts'
import type { Models } from '../models/models.ts'
import { isInterruption, type Task } from '../task.ts'
import { attemptAt } from './failed-answers.ts'
import { evidenceOf, type EvidencePlace } from './llm-evidence.ts'
import { explainRequests, sentencesOf } from './llm-neuron.ts'
import type { LlmWays } from './llm-ways.ts'

/** Requests whose texts are held at a time, and handed in together. */
const requestsTogether = 8000

/** The windows of a neuron as they are dealt out, and which attempt at it this is. */
interface Dealt {
  readonly split: LlmEvidence
  readonly attempt: number
}

/** Who is asked, and where the answers go. */
export interface BatchRoute {
  readonly languageModels: LanguageModels
  readonly provider: string
  readonly use: ModelUse & { readonly journalFolder: string }
}

/**
 * Has the chats about these neurons answered through the Batch interface: first their sentences, then what scores them. The answers are
 * in the journal of `route.use`, where explaining finds them; what a batch leaves unanswered is asked for one by one there.
 */
export async function answerAhead(
  models: Models,
  route: BatchRoute,
  ways: LlmWays,
  place: EvidencePlace,
  neurons: readonly NeuronId[],
  task: Task,
): Promise<void> {
  const step = Math.max(1, Math.floor(requestsTogether / ways.samples))
  for (let first = 0; first < neurons.length; first += step) {
    const splits: Dealt[] = []
    for await (const evidence of evidenceOf(models, place, neurons.slice(first, first + step), task.signal)) {
      splits.push({ split: splitForLanguageModel(evidence), attempt: attemptAt(evidence.neuron, ways) })
      task.report({ stage: 'Gathering windows', done: first + splits.length, total: neurons.length, unit: 'neurons' })
    }
    const asking = splits.flatMap(({ split, attempt }) => explainRequests(split, ways, attempt))
    await handIn(route, asking, 'Sentences from the Batch interface', task)
    if (ways.scorer === null || ways.scorer.needs === 'completion-logprobs') continue
    const model = await route.languageModels.open(route.provider, route.use)
    try {
      for await (const scoring of scoringGroups(model, splits, ways, task.signal)) {
        await handIn(route, scoring, 'Scores from the Batch interface', task)
      }
    } finally {
      model.close()
    }
  }
}

/** What scores the sentences that came, in groups of about as many as are held at a time. */
async function* scoringGroups(
  model: OpenLanguageModel,
  splits: readonly Dealt[],
  ways: LlmWays,
  signal: AbortSignal,
): AsyncGenerator<ChatRequest[]> {
  let group: ChatRequest[] = []
  for (const dealt of splits) {
    for (const text of await answeredSentences(model, dealt, ways, signal)) {
      for (const request of ways.scorer!.requests(text, dealt.split, ways))
        if (request.kind === 'chat') group.push(request.request)
    }
    if (group.length < requestsTogether) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

async function answeredSentences(model: OpenLanguageModel, dealt: Dealt, ways: LlmWays, signal: AbortSignal) {
  const readings = []
  for (const request of explainRequests(dealt.split, ways, dealt.attempt)) {
    if (model.isAnswered(request)) readings.push(ways.explainer.read(await model.chat(request, signal)))
  }
  return sentencesOf(readings)
}

async function handIn(route: BatchRoute, requests: readonly ChatRequest[], stage: string, task: Task): Promise<void> {
  const { languageModels, provider, use } = route
  const report = ({ done, total, batch }: { done: number; total: number; batch: string }) =>
    task.report({ stage, done, total, unit: 'requests', note: `batch ${batch}` })
  const outcome = await languageModels.answerInBatches(provider, requests, use, {
    signal: task.signal,
    report,
    goesOnLater: () => isInterruption(task.signal),
    // Warnings of a command come with its answer, and what was given up has none.
    say: (sentence) => (task.announce ?? task.warn)(sentence),
  })
  for (const sentence of warningsOf(outcome)) task.warn(sentence)
}

function warningsOf({ failed, leftFiles }: BatchOutcome): string[] {
  const [first] = failed
  return [
    ...(first === undefined
      ? []
      : [`${failed.length} requests of batches were not answered (${first.reason}): they are asked for one by one`]),
    ...(leftFiles === 0 ? [] : [`${leftFiles} files of batches could not be deleted at the server`]),
  ]
}
