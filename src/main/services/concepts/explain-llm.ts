import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  conceptSchema,
  conceptSimulationSchema,
  type Concept,
  type ConceptSimulation,
} from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { withRecording } from '../../files/open-recording.ts'
import { syncFolder, writeAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'
import { jsonLines } from '../files-of-lines.ts'
import { describeJob } from '../jobs/job-folder.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { UnitLog } from '../jobs/unit-log.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'
import {
  chatModelIdOf,
  type Budget,
  type LanguageModels,
  type OpenLanguageModel,
  type Spending,
} from '../language-models/index.ts'
import { leavingWords } from '../language-models/leaving-words.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { modelOfRecording, recordingIdentity, type NeuronChoice } from './explain.ts'
import { chooseNeurons } from './choose-neurons.ts'
import { answerAhead } from './explain-in-batches.ts'
import { dropBeginning, keepBeginning, leavesOut, partialOf, readExtended } from './extended-file.ts'
import { attemptAt, failedAnswersOf, type AskedBefore } from './failed-answers.ts'
import { controlConcepts, summariseControls, type ConceptControls } from './llm-control.ts'
import { evidenceOf, type EvidencePlace } from './llm-evidence.ts'
import { explainNeuron, type ExplainedNeuron } from './llm-neuron.ts'
import { Outcomes } from './llm-outcomes.ts'
import { inParallel } from './llm-pool.ts'
import { mostQuestions } from './most-questions.ts'
import { moneyWords, type ControlSummary } from './llm-progress.ts'
import { roomOf } from './prompt-room.ts'
import { requestFolderOf } from './request-folder.ts'
import { writeSimulations } from './simulation-file.ts'
import { untilSpent } from './until-spent.ts'
import { checkAbilities, findWays, type LlmWays, type NamedWays } from './llm-ways.ts'

const explainedSchema = conceptSchema.extend({ simulation: conceptSimulationSchema.optional() })

export interface LlmExplainRequest extends NamedWays, AskedBefore {
  readonly recording: string
  readonly neurons: NeuronChoice
  /** Id of the provider of language models. */
  readonly provider: string
  readonly budget: Budget | null
  /** File that the concepts go to. */
  readonly out: string
  /**
   * Lines of `out` stay, and neurons that have a concept there are passed over, those whose answer was no concept too unless they are asked
   * anew; another failed one is asked again where it is chosen, and else stays. What `out` tells of answers takes the place of `failedAnswers`.
   */
  readonly extend: boolean
  /** Neurons on which the sentence of another neuron is scored as well; 0 for none. */
  readonly control: number
  /** Through the server's Batch interface: within a day, and cheaper where the server says so. */
  readonly inBatches?: boolean
  readonly tokenizer: string | null
  /** The recorded model, for a caller that has checked its hash; else it is looked for where it was recorded. */
  readonly model?: ModelReference
}

export interface LlmExplainOutcome {
  /** All that `out` holds, those of before first. */
  readonly concepts: readonly Concept[]
  /** Of the neurons of this request. */
  readonly explained: number
  readonly failed: number
  /** Not asked about: the budget was used up. */
  readonly skipped: number
  /** Of the choice, left out because their answer was no concept. */
  readonly leftOut: number
  readonly spending: Spending
  readonly control: ControlSummary | null
}

/**
 * Explains neurons of a recording with a language model: one line each in the order of the request, with a sentence and its score or,
 * with status `failed`, the reason why there is none. Every answer is on the disk before it is used, so an interrupted run goes on at
 * the single request. A budget that is used up skips the rest; the same request with a greater one goes on there. Concepts are written
 * before controls are scored: a cap or a server that ends these leaves a warning and what there is.
 */
export async function explainWithLanguageModel(
  models: Models,
  languageModels: LanguageModels,
  request: LlmExplainRequest,
  task: Task,
): Promise<LlmExplainOutcome> {
  const provider = languageModels.provider(request.provider)
  const room = await roomOf(provider)
  const named = { ...findWays(request), room }
  checkAbilities(named, provider)
  refuseOutput(request.out, conceptSchema, 'concepts')
  const lock = takeWriterLock(`${request.out}.lock`, request.out)
  try {
    const extended = request.extend ? readExtended(request.out, request.explainer, chatModelIdOf(provider)) : null
    const failedAnswers = extended?.failedAnswers ?? request.failedAnswers ?? new Map<NeuronId, number>()
    const ways = { ...named, failedAnswers, askAnew: request.askAnew === true }
    const { manifest, neurons, leftOut } = withRecording(request.recording, (reader) => ({
      manifest: reader.manifest,
      ...chooseNeurons(reader, request.neurons, extended?.named, leavesOut(extended, ways)),
    }))
    const model = request.model ?? (await modelOfRecording(models, manifest, request.tokenizer, task))
    const attempts = neurons.flatMap((neuron) => {
      const attempt = attemptAt(neuron, ways)
      return attempt === 1 ? [] : [[neuron, attempt] as const]
    })
    const { identityHash } = describeJob({
      command: 'explain-llm',
      identity: {
        modelHash: manifest.model.modelHash,
        recording: recordingIdentity(manifest),
        languageModel: [provider.baseUrl, provider.chatModel],
        explainer: ways.explainer.id,
        scorer: ways.scorer?.id ?? null,
        calibration: ways.calibration,
        samples: ways.samples,
        seed: ways.seed,
        ...(room === null ? {} : { contextTokens: room.contextTokens }),
        neurons,
        ...(attempts.length === 0 ? {} : { attempts }),
      },
    })
    const partial = partialOf(request.out)
    if (!existsSync(partial)) dropBeginning(request.out)
    const log = UnitLog.open<ExplainedNeuron>(partial, {
      check: (json) => explainedSchema.parse(json),
      header: { job: 'explain-llm', identityHash },
    })
    const asked = new Set(neurons)
    const before = (extended?.lines ?? []).filter(({ status, neuron }) => status !== 'failed' || !asked.has(neuron))
    const withLinesBefore = (concepts: readonly Concept[]) => [...before, ...concepts]
    let outcome: Awaited<ReturnType<typeof explainAll>>
    try {
      if (extended !== null) keepBeginning(request.out, extended.lines)
      const place = { model, recording: request.recording, seed: request.seed }
      const keep = (concepts: readonly Concept[], simulations: readonly ConceptSimulation[]) => {
        // Before the concepts, whose file says that the work is done.
        writeSimulations(request.out, extended?.kept ?? [], simulations)
        writeAside(request.out, jsonLines(withLinesBefore(concepts)))
      }
      outcome = await explainAll(models, languageModels, request, ways, place, neurons, log, keep, task)
    } finally {
      log.close()
      // Nothing to go on with: a failure at the start must leave nothing behind.
      if (log.units.length === 0) dropWork(request.out)
    }
    const explained = outcome.concepts.filter(({ status }) => status !== 'failed').length
    const { skipped, spending } = outcome
    const { controls, areAll } = outcome.controls
    if (controls.length > 0) writeAside(`${request.out}.controls.jsonl`, jsonLines(controls))
    // What was skipped can be gone on with under a greater budget: the finished ones are not asked about again.
    if (skipped === 0 && areAll) dropWork(request.out)
    syncFolder(dirname(partial))
    return {
      concepts: withLinesBefore(outcome.concepts),
      explained,
      failed: outcome.concepts.length - explained - skipped,
      skipped,
      leftOut,
      spending,
      control: controls.length === 0 ? null : summariseControls(outcome.concepts, controls),
    }
  } finally {
    lock.release()
  }
}

/** Units first: without them the beginning counts for nothing. */
function dropWork(out: string): void {
  rmSync(partialOf(out), { force: true })
  dropBeginning(out)
}

async function explainAll(
  models: Models,
  languageModels: LanguageModels,
  request: LlmExplainRequest,
  ways: LlmWays,
  place: EvidencePlace,
  neurons: readonly NeuronId[],
  log: UnitLog<ExplainedNeuron>,
  keep: (concepts: readonly Concept[], simulations: readonly ConceptSimulation[]) => void,
  task: Task,
) {
  const stop = new AbortController()
  const signal = AbortSignal.any([task.signal, stop.signal])
  const journalFolder = requestFolderOf(request.out)
  makeFolder(journalFolder)
  const { provider, budget } = request
  const warn = (sentence: string) => task.warn(sentence)
  const use = { purpose: 'explaining neurons', budget, journalFolder, warn }
  const languageModel = await languageModels.open(provider, use)
  try {
    const ask = async () => {
      const left = leftOf(neurons, log)
      const questions = mostQuestions(ways, left.length, request.control)
      const leaving = leavingWords(languageModel.provider, 'Windows of the probing data', questions)
      if (leaving !== null && left.length > 0) task.announce?.(leaving)
      if (request.inBatches) await answerAhead(models, { languageModels, provider, use }, ways, place, left, task)
      await askAll(models, languageModel, ways, place, neurons, log, task, stop, signal)
    }
    const spent = (await untilSpent(ask, task))?.message ?? null
    const found = new Map(log.units.map(({ simulation: _simulation, ...concept }) => [concept.neuron, concept]))
    const concepts = neurons.map((neuron) => found.get(neuron) ?? skippedConcept(neuron, languageModel, ways, spent))
    // What is paid for is there whatever becomes of the controls.
    keep(concepts, simulationsOf(neurons, log.units))
    const controls: ConceptControls =
      spent === null && request.control > 0 && ways.scorer !== null
        ? await controlConcepts(models, languageModel, ways, place, concepts, request.control, task)
        : { controls: [], areAll: true }
    return { concepts, skipped: neurons.length - found.size, spending: languageModel.spending(), controls }
  } finally {
    languageModel.close()
  }
}

function leftOf(neurons: readonly NeuronId[], log: UnitLog<ExplainedNeuron>): NeuronId[] {
  const done = new Set(log.units.map(({ neuron }) => neuron))
  return neurons.filter((neuron) => !done.has(neuron))
}

/** Asks about the neurons that are not in the log. */
async function askAll(
  models: Models,
  languageModel: OpenLanguageModel,
  ways: LlmWays,
  place: EvidencePlace,
  neurons: readonly NeuronId[],
  log: UnitLog<ExplainedNeuron>,
  task: Task,
  stop: AbortController,
  signal: AbortSignal,
): Promise<void> {
  const left = leftOf(neurons, log)
  const { concurrency } = languageModel.provider
  let failures = log.units.filter(({ status }) => status === 'failed').length
  const finish = (concept: ExplainedNeuron) => {
    if (concept.status === 'failed') failures++
    log.append(concept)
    task.report({
      stage: 'Explaining with a language model',
      done: log.units.length,
      total: neurons.length,
      unit: 'neurons',
      note: noteOf(languageModel.spending(), failures),
    })
  }
  const outcomes = new Outcomes<NeuronId>(concurrency, (neuron, reason) =>
    finish(failedConcept(neuron, languageModel, ways, reason)),
  )
  try {
    await inParallel(evidenceOf(models, place, left, signal), concurrency, stop, async (evidence) => {
      try {
        const concept = await explainNeuron(evidence, ways, languageModel, signal)
        outcomes.wentWell()
        finish(concept)
      } catch (error) {
        outcomes.failed(evidence.neuron, error)
      }
    })
    outcomes.end()
  } finally {
    log.flush()
  }
}

/** What was simulated, in the order of the neurons. */
function simulationsOf(neurons: readonly NeuronId[], units: readonly ExplainedNeuron[]): ConceptSimulation[] {
  const found = new Map(units.map(({ neuron, simulation }) => [neuron, simulation]))
  return neurons.flatMap((neuron) => found.get(neuron) ?? [])
}

function failedConcept(neuron: NeuronId, model: OpenLanguageModel, ways: LlmWays, reason: string): Concept {
  const before = failedAnswersOf(ways.failedAnswers?.get(neuron) ?? 0)
  const none = { text: '', score: null, scoreKind: null, status: 'failed' } as const
  return { neuron, ...none, author: model.id, explainer: ways.explainer.id, reason, ...before }
}

function skippedConcept(neuron: NeuronId, model: OpenLanguageModel, ways: LlmWays, why: string | null): Concept {
  return failedConcept(neuron, model, ways, `Skipped: ${why ?? 'it was not asked about'}`)
}

function noteOf(spending: Spending, failures: number): string {
  return [moneyWords(spending), ...(failures === 0 ? [] : [`${failures} failed`])].join(', ')
}
