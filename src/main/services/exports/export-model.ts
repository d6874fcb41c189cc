import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { ModelFacts, Verification } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { writeJsonAside, writeNewAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'
import { warnOfOtherModel } from '../evaluations/evaluate.ts'
import { checkPlace } from '../jobs/output-file.ts'
import { describeJob } from '../jobs/job-folder.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'
import type { Models } from '../models/models.ts'
import { planHashOf } from '../plans/plans.ts'
import type { Task } from '../task.ts'
import { programVersion } from '../version.ts'
import { copyTokenizer, planTokenizerCopies } from './tokenizer-copies.ts'

export interface ExportRequest {
  readonly model: ModelReference
  readonly plan: Plan
  readonly realisation: 'zeroed' | 'compact'
  readonly out: string
  /** Null: inside the file below 1 GiB of weights, else in a file beside it. */
  readonly weights: 'inline' | 'external' | null
}

export interface ExportedFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** The manifest beside an exported file: what it was made of, and the proof that it does what was shown. No times. */
export interface ExportManifest {
  readonly version: 1
  readonly program: { readonly name: 'snip-workbench'; readonly version: string; readonly onnxRuntime: string }
  readonly modelHash: string
  readonly planHash: string
  readonly realisation: 'zeroed' | 'compact'
  readonly plan: Plan
  /** The model's file or files, then the tokenizer's. */
  readonly files: readonly ExportedFile[]
  readonly verification: Verification
}

export interface ExportOutcome {
  readonly file: string
  readonly manifest: string
  readonly contents: ExportManifest
}

const mostInlineBytes = 1024 ** 3

/**
 * Writes a pruned model as ONNX, with its manifest and tokenizer beside it. Nothing that exists is overwritten
 * (`exists`), except what an interrupted run of the same export left. A file that fails its verification never appears.
 */
export async function exportModel(models: Models, request: ExportRequest, task: Task): Promise<ExportOutcome> {
  const file = resolve(request.out)
  if (extname(file).toLowerCase() !== '.onnx') {
    throw new SnipError('bad-argument', `${request.out} does not end in .onnx`, {
      remedy: 'Name a file such as pruned.onnx.',
    })
  }
  checkPlace(request.out)
  const facts = await models.openFor(request.model, request.plan, task.signal)
  const modelHash = await models.modelHash(request.model, task.signal)
  warnOfOtherModel(request.plan, modelHash, 'The plan', task)
  const planHash = planHashOf(request.plan)
  const manifest = manifestPath(file)
  const weights = weightsPlace(request.weights, facts)
  const identity = { modelHash, planHash, realisation: request.realisation, weights }
  const marker = `${file}.unfinished`
  const lock = takeWriterLock(`${file}.lock`, request.out)
  try {
    clearUnfinished(file, marker, manifest, identity, request.out)
    const copies = planTokenizerCopies(facts, request.model, dirname(file))
    writeJsonAside(marker, describeJob({ command: 'export', identity }))
    const written = await writeVerified(models, facts, { ...request, file, weights, modelHash, planHash }, marker, task)
    const contents = { ...written, files: [...written.files, ...copyTokenizer(copies)] }
    writeNewAside(manifest, [`${JSON.stringify(contents, null, 2)}\n`])
    rmSync(marker, { force: true })
    return { file, manifest, contents }
  } finally {
    lock.release()
  }
}

/** Where the manifest of an exported file lies. */
export function manifestPath(file: string): string {
  return join(dirname(file), `${basename(file, extname(file))}.manifest.json`)
}

/** Where the weights go when nobody says. */
export function weightsPlace(
  wanted: 'inline' | 'external' | null,
  { weightBytes }: Pick<ModelFacts, 'weightBytes'>,
): 'inline' | 'external' {
  return wanted ?? (weightBytes < mostInlineBytes ? 'inline' : 'external')
}

/** What an exported file says of itself. */
export function exportMetadataOf(identity: {
  readonly modelHash: string
  readonly planHash: string
  readonly realisation: 'zeroed' | 'compact'
}): Record<string, string> {
  const { modelHash, planHash, realisation } = identity
  return { modelHash, planHash, realisation, program: `snip-workbench ${programVersion}` }
}

interface Settled extends Omit<ExportRequest, 'weights'> {
  readonly file: string
  readonly weights: 'inline' | 'external'
  readonly modelHash: string
  readonly planHash: string
}

async function writeVerified(
  models: Models,
  facts: ModelFacts,
  settled: Settled,
  marker: string,
  task: Task,
): Promise<ExportManifest> {
  const { file, plan, realisation, weights, modelHash, planHash } = settled
  try {
    const { onnxRuntime } = await models.engine.client.probe(undefined, { signal: task.signal })
    const metadata = exportMetadataOf({ modelHash, planHash, realisation })
    const events = await models.engine.client.exportModel(
      { handle: facts.handle, plan, realisation, file, weights, metadata },
      { signal: task.signal },
    )
    for await (const event of events) {
      if (event.kind === 'progress') {
        task.report({ stage: 'Exporting', ...event })
        continue
      }
      return {
        version: 1,
        program: { name: 'snip-workbench', version: programVersion, onnxRuntime },
        modelHash,
        planHash,
        realisation,
        plan,
        files: event.files,
        verification: event.verification,
      }
    }
    throw new SnipError('internal', 'The export ended without a verification')
  } catch (error) {
    // Files appear only once they are verified, so a failed export has left nothing but the marker.
    rmSync(marker, { force: true })
    throw error
  }
}

/** Refuses to overwrite, except the leavings of this very export. */
function clearUnfinished(file: string, marker: string, manifest: string, identity: object, out: string): void {
  const present = [file, `${file}.data`, manifest].filter((path) => existsSync(path))
  const own =
    existsSync(marker) &&
    readHash(marker) === describeJob({ command: 'export', identity: { ...identity } }).identityHash
  if (own) {
    removeWeights(file)
    rmSync(manifest, { force: true })
    return
  }
  if (present[0] === undefined && !existsSync(marker)) return
  const blocking = present[0] ?? marker
  throw new SnipError('exists', `${join(dirname(out), basename(blocking))} exists, and an export overwrites nothing`, {
    remedy: 'Choose another --out, or delete it first.',
  })
}

function readHash(marker: string): string | null {
  try {
    const job = JSON.parse(readFileSync(marker, 'utf8')) as { identityHash?: unknown }
    return typeof job.identityHash === 'string' ? job.identityHash : null
  } catch {
    return null
  }
}

function removeWeights(file: string): void {
  for (const path of [file, `${file}.data`]) rmSync(path, { force: true })
}
