import { existsSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { ExportFormat, ExportTiming, ModelFacts, Verification } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { writeJsonAside, writeNewAside } from '../../files/write-aside.ts'
import type { ModelReference } from '../engine/engine.ts'
import { warnOfOtherModel } from '../evaluations/evaluate.ts'
import { describeJob } from '../jobs/job-folder.ts'
import { checkPlace } from '../jobs/output-file.ts'
import { takeWriterLock } from '../jobs/writer-lock.ts'
import type { Models } from '../models/models.ts'
import { planHashOf } from '../plans/plans.ts'
import type { Task } from '../task.ts'
import { programVersion } from '../version.ts'
import { companionsOf } from './companions.ts'
import { checkExportName, exportPlaces, type ExportPlaces } from './export-places.ts'
import { copyTokenizer, planTokenizerCopies } from './tokenizer-copies.ts'

export interface ExportRequest {
  readonly model: ModelReference
  readonly plan: Plan
  readonly realisation: 'zeroed' | 'compact'
  /** A single ONNX file, when left out. */
  readonly format?: ExportFormat
  /** The .onnx file to write, or the folder to make. */
  readonly out: string
  /** Null: inside the file below 1 GiB of weights, else in a file beside it. A checkpoint keeps its source's files. */
  readonly weights: 'inline' | 'external' | null
}

export interface ExportedFile {
  /** Path below the export's folder. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** The manifest of an export: what it was made of, and the proof that it does what was shown. No times. */
export interface ExportManifest {
  readonly version: 1
  readonly program: { readonly name: 'snip-workbench'; readonly version: string; readonly onnxRuntime: string }
  readonly modelHash: string
  readonly planHash: string
  readonly realisation: 'zeroed' | 'compact'
  readonly format: ExportFormat
  readonly plan: Plan
  /** The model's file or files, then the tokenizer's. */
  readonly files: readonly ExportedFile[]
  readonly verification: Verification
  /** Sentences: what was done otherwise than asked, and why; absent when there is nothing to say. */
  readonly notes?: readonly string[] | undefined
}

export interface ExportOutcome {
  /** The .onnx file, or the folder. */
  readonly file: string
  readonly manifest: string
  readonly contents: ExportManifest
  /** Of this machine and moment, and therefore not in the manifest; null when it was exported before. */
  readonly timing: ExportTiming | null
}

const mostInlineBytes = 1024 ** 3

/**
 * Writes a pruned model in one of the formats, with its manifest and tokenizer. Nothing that exists is overwritten (`exists`), except
 * what an interrupted run of the same export left. What fails its verification never appears.
 */
export async function exportModel(models: Models, request: ExportRequest, task: Task): Promise<ExportOutcome> {
  const { format = 'onnx', realisation } = request
  const file = resolve(request.out)
  checkExportName(file, format, request.out)
  if (format === 'onnx') checkPlace(request.out)
  else checkPlace(`${request.out}.unfinished`)
  const facts = await models.openFor(request.model, request.plan, task.signal)
  const modelHash = await models.modelHash(request.model, task.signal)
  warnOfOtherModel(request.plan, modelHash, 'The plan', task)
  const planHash = planHashOf(request.plan)
  const places = exportPlaces(file, format)
  const weights = weightsPlace(request.weights, facts)
  const identity = { modelHash, planHash, realisation, weights, ...(format === 'onnx' ? {} : { format }) }
  const lock = takeWriterLock(`${file}.lock`, request.out)
  try {
    clearUnfinished(places, identity, request.out)
    const copies = format === 'onnx' ? planTokenizerCopies(facts, request.model, places.folder) : []
    writeJsonAside(places.marker, describeJob({ command: 'export', identity }))
    const settled = { ...request, format, places, weights, modelHash, planHash }
    const { contents: written, timing } = await writeVerified(models, facts, settled, task)
    const contents = { ...written, files: [...written.files, ...copyTokenizer(copies)] }
    writeNewAside(places.timing, [`${JSON.stringify(timing)}\n`])
    writeNewAside(places.manifest, [`${JSON.stringify(contents, null, 2)}\n`])
    rmSync(places.marker, { force: true })
    return { file, manifest: places.manifest, contents, timing }
  } finally {
    lock.release()
  }
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

interface Settled extends Omit<ExportRequest, 'weights' | 'format'> {
  readonly format: ExportFormat
  readonly places: ExportPlaces
  readonly weights: 'inline' | 'external'
  readonly modelHash: string
  readonly planHash: string
}

async function writeVerified(
  models: Models,
  facts: ModelFacts,
  settled: Settled,
  task: Task,
): Promise<{ contents: ExportManifest; timing: ExportTiming }> {
  const { model, places, plan, realisation, format, weights, modelHash, planHash } = settled
  const { file } = places
  try {
    const { onnxRuntime } = await models.engine.client.probe(undefined, { signal: task.signal })
    const metadata = exportMetadataOf({ modelHash, planHash, realisation })
    const companions = companionsOf(facts, model, format)
    const events = await models.engine.client.exportModel(
      { handle: facts.handle, plan, realisation, format, file, weights, metadata, companions },
      { signal: task.signal },
    )
    for await (const event of events) {
      if (event.kind === 'progress') {
        task.report({ stage: 'Exporting', ...event })
        continue
      }
      const { files, verification, timing, notes } = event
      const program = { name: 'snip-workbench', version: programVersion, onnxRuntime } as const
      const contents: ExportManifest = {
        version: 1,
        program,
        modelHash,
        planHash,
        realisation,
        format,
        plan,
        files,
        verification,
        ...(notes.length === 0 ? {} : { notes }),
      }
      return { contents, timing }
    }
    throw new SnipError('internal', 'The export ended without a verification')
  } catch (error) {
    // Files appear only once they are verified, so a failed export has left nothing but the marker.
    rmSync(places.marker, { force: true })
    throw error
  }
}

/** Refuses to overwrite, except the leavings of this very export. */
function clearUnfinished(places: ExportPlaces, identity: object, out: string): void {
  const present = places.own.filter((path) => existsSync(path))
  const own =
    existsSync(places.marker) &&
    readHash(places.marker) === describeJob({ command: 'export', identity: { ...identity } }).identityHash
  if (own) {
    // The marker was written when none of these was there: this export made them.
    for (const path of places.own) rmSync(path, { recursive: true, force: true })
    return
  }
  if (present[0] === undefined && !existsSync(places.marker)) return
  const blocking = present[0] ?? places.marker
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
