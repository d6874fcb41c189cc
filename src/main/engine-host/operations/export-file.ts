import { lstatSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { isModelFile } from '../../../contract/workbench/exports.ts'
import { parseNeuron } from '../../../contract/neuron.ts'
import { exportPurpose } from '../../../core/onnx/export-format.ts'
import { foldReplacement, type FoldedModel } from '../../../core/pruning/fold-replacement.ts'
import { fixedNeurons } from '../../../core/pruning/plan-means.ts'
import { checkPlan } from '../../../core/pruning/plan.ts'
import { fileLength, type PlannedFile } from '../../../core/pruning/planned-file.ts'
import { realise } from '../../../core/pruning/realise.ts'
import { moveAllIntoPlace, moveFolderIntoPlace } from '../../files/move-into-place.ts'
import { fileError, syncFolder } from '../../files/write-aside.ts'
import { requireLayout, type OpenModel } from '../model/open-model.ts'
import { planCheckpointFiles } from './export-checkpoint.ts'
import { copyOf, type Companion } from './export-companions.ts'
import { planForeignExport } from './export-foreign.ts'
import { planFolderFiles } from './export-folder.ts'
import { planOnnxFiles } from './export-onnx.ts'
import { writePlannedFiles } from './export-writing.ts'
import { endWhenOrphaned } from './steps.ts'
import { verifyExport } from './verify-export.ts'

export interface ExportRequest {
  readonly plan: Plan
  readonly realisation: 'zeroed' | 'compact'
  readonly format: ExportFormat
  /** The .onnx file to write, or the folder to make. */
  readonly file: string
  /** Of ONNX files; a checkpoint keeps its source's. */
  readonly weights: 'inline' | 'external'
  readonly metadata: Readonly<Record<string, string>>
  /** Files that a folder takes over as they are: tokenizer and the like. A single file has none. */
  readonly companions: readonly Companion[]
}

/**
 * Writes a pruned model. The files grow in a folder aside, are reloaded there and compared with the masked session, and are
 * moved to their place only when they agree: no file appears that was not verified, and none is ever overwritten.
 */
export async function* exportModel(model: OpenModel, request: ExportRequest, signal: AbortSignal | undefined) {
  const { file, format, plan, realisation } = request
  checkTarget(request)
  const { files: planned, notes } = planExport(model, request)
  const aside = join(dirname(file), `.${basename(file)}.unverified`)
  rmSync(aside, { recursive: true, force: true })
  try {
    mkdirSync(aside)
    const pathOf = (name: string) => model.weights.files.get(name)?.path ?? name
    const files = yield* writePlannedFiles(planned, aside, pathOf, signal)
    const written = format === 'onnx' ? join(aside, basename(file)) : aside
    const { verification, timing } = await verifyExport(model, { plan, realisation, format, path: written }, signal)
    if (!verification.passed) {
      throw new SnipError(
        'verification-failed',
        `The exported file differs from the masked model by ${verification.maxAbsLogit} in a logit and ${verification.maxAbsLossNats} nats in a loss; it was not kept`,
        { remedy: 'This is a fault of ours: please report it with the model’s config.json.' },
      )
    }
    endWhenOrphaned()
    if (format === 'onnx') {
      for (const { name } of files) mkdirSync(dirname(join(dirname(file), name)), { recursive: true })
      moveAllIntoPlace(
        files.toReversed().map(({ name }) => ({ from: join(aside, name), to: join(dirname(file), name) })),
      )
    } else moveFolderIntoPlace(aside, file)
    syncFolder(dirname(file))
    const sourceBytes = model.weightFacts.bytes
    const writtenBytes = files.reduce(
      (sum, { name, bytes }) => (model.foreign || isModelFile(name) ? sum + bytes : sum),
      0,
    )
    return { files, verification: { ...verification, sourceBytes, writtenBytes }, timing, notes: [...notes] }
  } catch (error) {
    throw fileError(error, file, 'write')
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Names and bytes of the files that an export would write. Reads no weight and writes nothing. */
export function exportSizes(model: OpenModel, request: ExportRequest): { name: string; bytes: number }[] {
  return planExport(model, request).files.map((file) => ({ name: file.name, bytes: fileLength(file) }))
}

/** What an export will consist of, before a byte is written. Throws what its format cannot express. */
function planExport(
  model: OpenModel,
  request: ExportRequest,
): { files: readonly PlannedFile[]; notes: readonly string[] } {
  checkPlan(request.plan, model.space)
  if (model.foreign) return planForeignExport(model, model.foreign, request)
  return { files: planOwnFiles(model, request), notes: [] }
}

function planOwnFiles(model: OpenModel, request: ExportRequest): PlannedFile[] {
  const { plan, realisation, format, file, weights, metadata, companions } = request
  const layout = requireLayout(model, 'the export')
  const { tensors } = model.weights
  const removed = plan.neurons.map((id) => parseNeuron(id)!)
  const realised = realise(layout, tensors, removed, realisation)
  const fold = (into: 'own' | 'stored'): FoldedModel =>
    foldReplacement(realised, layout, tensors, fixedNeurons(plan), into)
  switch (format) {
    case 'onnx': {
      const name = basename(file)
      return planOnnxFiles(fold('own'), exportPurpose, { name, dataName: `${name}.data`, weights, metadata })
    }
    case 'onnx-folder':
      return planFolderFiles(model, layout, fold('own'), { weights, metadata }, companions)
    case 'checkpoint':
      return [...planCheckpointFiles(model, layout, fold('stored'), realisation), ...companions.map(copyOf)]
  }
}

function checkTarget({ file, format }: ExportRequest): void {
  const isFile = format === 'onnx'
  if (isFile && !file.toLowerCase().endsWith('.onnx')) {
    throw new SnipError('bad-argument', `${file} does not end in .onnx`, { remedy: 'Name the file something.onnx.' })
  }
  const folder = statSync(dirname(file), { throwIfNoEntry: false })
  if (!folder) {
    throw new SnipError('not-found', `There is no folder ${dirname(file)}`, { remedy: 'Create it or choose another.' })
  }
  if (!folder.isDirectory()) {
    throw new SnipError('bad-file', `${dirname(file)} is not a folder`, { remedy: 'Choose a folder for the file.' })
  }
  for (const path of isFile ? [file, `${file}.data`] : [file]) {
    // A link to nothing exists, too.
    if (!lstatSync(path, { throwIfNoEntry: false })) continue
    throw new SnipError('exists', `${path} exists already`, {
      remedy: 'Choose another name: exports never overwrite a file.',
    })
  }
}
