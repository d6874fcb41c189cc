import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError, invariant } from '../../../contract/failure.ts'
import type { Site } from '../../../contract/neuron.ts'
import { recordingFiles, sampleWindowCount, type RecordingManifest } from '../../../core/recording/recording-format.ts'
import { recordedSpace } from '../../../core/recording/recording-reader.ts'
import { countNeurons } from '../../../core/ranking/neuron-space.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import type { ModelReference } from '../engine/engine.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import { withoutFrame } from '../evaluations/masked-lm-measure.ts'
import { makeImageSet } from '../images/make-image-set.ts'
import { openJobFolder, type JobFolder, type JobIdentity } from '../jobs/job-folder.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { readRecordingManifest } from '../../files/open-recording.ts'

export interface RecordRequest {
  readonly model: ModelReference
  readonly data: DataInUse
  readonly directory: string
  /** First tokens to take; null for all. */
  readonly tokens: number | null
  readonly window: number
  readonly sites: readonly Site[]
  readonly seed: number
  /** Frames every window by what the tokenizer's template adds; not, when left out. */
  readonly specialTokens?: boolean
}

export interface RecordOutcome {
  readonly manifest: RecordingManifest
  /** True when the recording was finished before, and nothing was done. */
  readonly alreadyFinished: boolean
  /** Window at which the work went on; 0 for a fresh start. */
  readonly resumedAtWindow: number
}

/**
 * Records every neuron of the sites over the data into a folder. Run again after an interruption it goes on from the
 * last checkpoint and ends with the same bytes. recording.json, written last, says that it is finished.
 */
export async function record(models: Models, asked: RecordRequest, task: Task): Promise<RecordOutcome> {
  checkWindow(asked.window)
  const facts = await models.open(asked.model, task.signal)
  const request = facts.objective === 'image' ? imageRequest(asked, facts) : asked
  if (request.window > facts.contextLength) {
    throw new SnipError(
      'bad-argument',
      `Windows of ${request.window} tokens do not fit into the model's context of ${facts.contextLength}`,
      { remedy: `Use --window ${facts.contextLength} or less.` },
    )
  }
  const modelHash = await models.modelHash(request.model, task.signal)
  const sites = inOrder(request.sites)
  const { seed } = request
  // Kept: asked for at the end, a dead engine would be started again only to be told to forget.
  const { client } = models.engine
  const makeCorpus = () => corpusOf(models, facts, request, task)
  // Data that cannot be cut into windows must not leave a folder behind; a finished recording needs no corpus.
  let corpus = existsSync(join(request.directory, 'job.json')) ? null : await makeCorpus()
  let job: JobFolder | null = null
  try {
    job = openJobFolder(request.directory, recordingJob(request, modelHash))
    if (job.has(recordingFiles.manifest)) {
      dropCheckpoint(job)
      return { manifest: readRecordingManifest(job.path), alreadyFinished: true, resumedAtWindow: 0 }
    }
    const started = performance.now()
    corpus ??= await makeCorpus()
    const summary = await runPass(models, facts, corpus, job, { sites, seed }, task)
    const manifest = manifestOf(facts, modelHash, request, sites, summary)
    invariant(countNeurons(recordedSpace(manifest)) === summary.neurons, 'the recording covers the sites asked for')
    writeJsonAside(job.file(recordingFiles.manifest), manifest)
    dropCheckpoint(job)
    job.writeTiming({ seconds: (performance.now() - started) / 1000, resumedAtWindow: summary.resumedAtWindow })
    return { manifest, alreadyFinished: false, resumedAtWindow: summary.resumedAtWindow }
  } finally {
    job?.close()
    if (corpus !== null) {
      const { handle } = facts
      const closed = facts.objective === 'image' ? client.closeImageSet({ handle, set: corpus }) : null
      await forgetQuietly(closed ?? client.closeCorpus({ handle, corpus }))
    }
  }
}

/** What determines a recording. */
export function recordingJob(request: Omit<RecordRequest, 'directory'>, modelHash: string): JobIdentity {
  const { data, window, tokens, sites, seed, specialTokens } = request
  const { dataHash, keepShort } = data
  return {
    command: 'record',
    identity: {
      modelHash,
      dataHash,
      window,
      tokens,
      sites: inOrder(sites),
      seed,
      rowData: keepShort,
      ...(specialTokens === true ? { specialTokens } : {}),
    },
  }
}

/** An image is one window, of all its patches and the class token. Throws `bad-argument` for what only text has. */
function imageRequest(request: RecordRequest, facts: ModelFacts): RecordRequest {
  if (request.tokens !== null || request.specialTokens === true) {
    const flag = request.tokens === null ? '--special-tokens' : '--tokens'
    throw new SnipError('bad-argument', `${flag} works on text, and this model reads images`, {
      remedy: 'Take fewer images with --sample.',
    })
  }
  return { ...request, window: facts.contextLength }
}

function inOrder(sites: readonly Site[]): Site[] {
  return (['mlp', 'attention'] as const).filter((site) => sites.includes(site))
}

async function corpusOf(models: Models, facts: ModelFacts, request: RecordRequest, task: Task): Promise<string> {
  const { data, window, tokens, specialTokens = false } = request
  if (facts.objective === 'image') return (await makeImageSet(models, facts, data, task)).set
  const made = await models.engine.client.corpus(
    { handle: facts.handle, documents: [...data.documents], keepShort: data.keepShort, window, tokens, specialTokens },
    { signal: task.signal },
  )
  if (facts.objective === 'masked' && !specialTokens && made.frame > 0) task.warn(withoutFrame(made.frame))
  return made.corpus
}

interface Summary {
  readonly windows: number
  readonly tokens: number
  readonly neurons: number
  readonly resumedAtWindow: number
}

async function runPass(
  models: Models,
  facts: ModelFacts,
  corpus: string,
  job: JobFolder,
  { sites, seed }: { sites: Site[]; seed: number },
  task: Task,
): Promise<Summary> {
  const events = await models.engine.client.record(
    { handle: facts.handle, corpus, directory: job.path, sites, seed },
    { signal: task.signal },
  )
  for await (const event of events) {
    if (event.kind === 'done') return event
    task.report({ stage: 'Recording', ...event })
  }
  throw new SnipError('internal', 'The recording ended without a summary')
}

function manifestOf(
  facts: ModelFacts,
  modelHash: string,
  request: RecordRequest,
  sites: Site[],
  summary: Summary,
): RecordingManifest {
  const { path, family, vocabularySize, contextLength, neurons } = facts
  return {
    version: 1,
    // The tokens of an image are its patches.
    model: { path, modelHash, family, vocabularySize: facts.image ? contextLength : vocabularySize, contextLength },
    dataHash: request.data.dataHash,
    window: request.window,
    windows: summary.windows,
    tokens: summary.tokens,
    rowData: request.data.keepShort,
    sites,
    layerWidths: neurons,
    neurons: summary.neurons,
    sampled: Math.min(sampleWindowCount, summary.windows),
    seed: request.seed,
    ...(request.specialTokens === true ? { specialTokens: true } : {}),
  }
}

function dropCheckpoint(job: JobFolder): void {
  rmSync(job.file(recordingFiles.checkpoint), { force: true })
}

function checkWindow(window: number): void {
  if (window >= 2) return
  throw new SnipError('bad-argument', `A window of ${window} tokens predicts nothing`, {
    remedy: 'Use --window 2 or more; 64 is usual.',
  })
}
