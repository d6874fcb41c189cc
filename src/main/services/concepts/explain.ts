import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSchema, type Concept } from '../../../contract/files.ts'
import type { NeuronId } from '../../../contract/neuron.ts'
import type { RecordingManifest } from '../../../core/recording/recording-format.ts'
import { syncFolder, writeAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'
import { jsonLines } from '../files-of-lines.ts'
import { refuseOutput } from '../jobs/output-file.ts'
import { describeJob } from '../jobs/job-folder.ts'
import { UnitLog } from '../jobs/unit-log.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'
import type { Models } from '../models/models.ts'
import { withRecording } from '../../files/open-recording.ts'
import type { Task } from '../task.ts'
import { chooseNeurons } from './choose-neurons.ts'

/** Which neurons to explain: given ones, those of a file or the first of them, the peakiest, or all of the recording. */
export type NeuronChoice =
  | { readonly neurons: readonly NeuronId[] }
  | { readonly file: string; readonly top?: number }
  | { readonly top: number }
  | 'all'

export interface ExplainRequest {
  readonly recording: string
  readonly explainer: string
  readonly neurons: NeuronChoice
  readonly seed: number
  /** File that the concepts go to. */
  readonly out: string
  /** Tokenizer of the model, when it does not lie beside it. */
  readonly tokenizer: string | null
  /** The recorded model, for a caller that has checked its hash; else it is looked for where it was recorded. */
  readonly model?: ModelReference
}

/**
 * Explains neurons of a recording, one concept a line in the order of the request. Finished neurons are kept in
 * OUT.partial.jsonl, so an interrupted run goes on at the neuron where it stopped; OUT appears whole at the end.
 */
export async function explain(models: Models, request: ExplainRequest, task: Task): Promise<Concept[]> {
  await checkExplainer(models, request.explainer, task)
  const { manifest, neurons } = withRecording(request.recording, (reader) => ({
    manifest: reader.manifest,
    neurons: chooseNeurons(reader, request.neurons).neurons,
  }))
  refuseOutput(request.out, conceptSchema, 'concepts')
  const model = request.model ?? (await modelOfRecording(models, manifest, request.tokenizer, task))
  const lock = takeWriterLock(`${request.out}.lock`, request.out)
  try {
    const partial = `${request.out}.partial.jsonl`
    const { seed, explainer } = request
    const identity = { modelHash: manifest.model.modelHash, recording: recordingIdentity(manifest), explainer, seed }
    const { identityHash } = describeJob({ command: 'explain', identity: { ...identity, neurons } })
    const log = UnitLog.open<Concept>(partial, {
      check: (json) => conceptSchema.parse(json),
      header: { job: 'explain', identityHash },
    })
    try {
      await explainRest(models, model, request, neurons, log, task)
      log.flush()
    } finally {
      log.close()
      // Nothing to go on with: a failure at the start must leave nothing behind.
      if (log.units.length === 0) rmSync(partial, { force: true })
    }
    writeAside(request.out, jsonLines(log.units))
    rmSync(partial, { force: true })
    syncFolder(dirname(partial))
    return [...log.units]
  } finally {
    lock.release()
  }
}

async function explainRest(
  models: Models,
  model: ModelReference,
  request: ExplainRequest,
  neurons: readonly NeuronId[],
  log: UnitLog<Concept>,
  task: Task,
): Promise<void> {
  const done = log.units.length
  const left = neurons.slice(done)
  if (left.length === 0) return
  const { handle } = await models.open(model, task.signal)
  const events = await models.engine.client.explain(
    { handle, directory: request.recording, explainer: request.explainer, neurons: left, seed: request.seed },
    { signal: task.signal },
  )
  for await (const event of events) {
    if (event.kind === 'concept') {
      const expected = neurons[log.units.length]
      if (event.concept.neuron !== expected) {
        throw new SnipError('internal', `The explainer answered for ${event.concept.neuron} in place of ${expected}`)
      }
      log.append(event.concept)
    } else {
      task.report({ stage: 'Explaining', done: done + event.done, total: neurons.length, unit: event.unit })
    }
  }
  if (log.units.length < neurons.length) {
    throw new SnipError('internal', `The explainer ended after ${log.units.length} of ${neurons.length} neurons`)
  }
}

/** The model that a recording was made of. Throws `bad-model` when other weights lie at its path now. */
export async function modelOfRecording(
  models: Models,
  manifest: RecordingManifest,
  tokenizer: string | null,
  task: Task,
): Promise<ModelReference> {
  const { path, modelHash } = manifest.model
  if (!existsSync(path)) {
    throw new SnipError('not-found', `The recorded model is no longer at ${path}`, {
      remedy: 'Put it back, or record again.',
    })
  }
  const model = { path, tokenizer }
  if ((await models.modelHash(model, task.signal)) !== modelHash) {
    throw new SnipError('bad-model', `The model at ${path} has changed since it was recorded`, {
      remedy: 'Record again.',
    })
  }
  return model
}

/** What tells one recording of a model from another. */
export function recordingIdentity({ dataHash, window, windows, tokens, sites, seed }: RecordingManifest) {
  return { dataHash, window, windows, tokens, sites, seed }
}

async function checkExplainer(models: Models, id: string, task: Task): Promise<void> {
  // Asked of the engine: the word lists of explainers take a second to load, which would stop all that this process does.
  const explainers = await models.engine.client.explainers(undefined, { signal: task.signal })
  if (explainers.some((member) => member.id === id)) return
  throw new SnipError('bad-argument', `There is no explainer '${id}'`, {
    remedy: `Use one of: ${explainers.map((member) => member.id).join(', ')}.`,
  })
}
