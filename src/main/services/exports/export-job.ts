import { existsSync, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, relative, sep } from 'node:path'
import { z } from 'zod'
import { exportFormatSchema, type ExportFormat, type ExportTiming } from '../../../contract/engine-host.ts'
import { type FailureKind, SnipError, toSnipError } from '../../../contract/failure.ts'
import type { ExportInfo } from '../../../contract/workbench/exports.ts'
import { planChoiceSchema, type PlanChoice } from '../../../contract/workbench/model.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { inPlainWords } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { planHashOf, readPlan } from '../plans/plans.ts'
import { describePlan } from '../plans/resolve-plan.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import type { Task } from '../task.ts'
import type { Documents } from '../workspace/documents.ts'
import { insidePathSchema } from '../workspace/places.ts'
import { companionsOf } from './companions.ts'
import { exportMetadataOf, exportModel, weightsPlace, type ExportManifest } from './export-model.ts'
import { exportPlaces } from './export-places.ts'
import { exportTarget, freeBytesAt, problemOfTarget } from './export-target.ts'
import { finishedExport } from './finished-export.ts'
import { planTokenizerCopies } from './tokenizer-copies.ts'

export interface ExportChoice {
  readonly plan: PlanChoice
  readonly realisation: 'zeroed' | 'compact'
  readonly format: ExportFormat
  readonly name: string
  readonly folder: string | null
  readonly weights: 'inline' | 'external' | null
}

/** Plan, folder and name are settled when the job starts. */
const exportParamsSchema = z.object({
  choice: planChoiceSchema,
  planFile: insidePathSchema,
  title: z.string(),
  realisation: z.enum(['zeroed', 'compact']),
  format: exportFormatSchema.default('onnx'),
  /** Absolute. */
  file: z.string(),
  isOwn: z.boolean(),
  weights: z.enum(['inline', 'external']).nullable(),
})
type ExportParams = z.infer<typeof exportParamsSchema>

export function registerExportJobs(session: WorkbenchSession): void {
  session.jobs.register('export', {
    params: exportParamsSchema,
    run: inPlainWords((params, task) => runExport(session, params, task)),
  })
}

export interface ExportEstimate {
  readonly folder: string
  readonly files: { name: string; bytes: number }[]
  readonly totalBytes: number
  readonly originalBytes: number
  readonly freeBytes: number
  readonly neurons: number
  /** One sentence with what to do; null when nothing is in the way. */
  readonly problem: string | null
  readonly problemKind: FailureKind | null
}

/** What would be written and how large, without writing anything, and what stands in the way. */
export async function estimateExport(
  session: WorkbenchSession,
  choice: ExportChoice,
  task: Task,
): Promise<ExportEstimate> {
  const { models } = session.workbench
  const { reference } = modelInUse(session.workspace())
  const { plan, k, planHash } = await describePlan(session, choice.plan)
  const facts = await models.openFor(reference, plan, task.signal)
  const none = { folder: '', files: [], totalBytes: 0, originalBytes: facts.weightBytes, freeBytes: 0, neurons: k }
  let target
  try {
    target = exportTarget(session, choice)
  } catch (error) {
    if (!(error instanceof SnipError) || !error.isBadInput) throw error
    return { ...none, ...problemOf(error) }
  }
  const freeBytes = await freeBytesAt(target.folder)
  const beside = { ...none, folder: target.folder, freeBytes }
  if (plan === null) return { ...beside, ...problemOf(nothingToExport()) }
  const { realisation, format } = choice
  const modelHash = await models.modelHash(reference, task.signal)
  let files: ExportEstimate['files']
  try {
    const sizes = await models.engine.client.exportSizes(
      {
        handle: facts.handle,
        plan,
        realisation,
        format,
        file: target.file,
        weights: weightsPlace(choice.weights, facts),
        metadata: exportMetadataOf({ modelHash, planHash, realisation }),
        companions: companionsOf(facts, reference, format),
      },
      { signal: task.signal },
    )
    files = [...sizes.files]
  } catch (error) {
    // What a format cannot express is said before anything is written.
    const failure = toSnipError(error)
    if (!failure.isBadInput) throw error
    return { ...beside, ...problemOf(failure) }
  }
  let toWrite = files.reduce((sum, { bytes }) => sum + bytes, 0)
  let problem = problemOfTarget(target)
  try {
    for (const { from, to, isThere } of format === 'onnx' ? planTokenizerCopies(facts, reference, target.folder) : []) {
      const { size } = statSync(from)
      files.push({ name: relative(target.folder, to), bytes: size })
      if (!isThere) toWrite += size
    }
  } catch (error) {
    if (!(error instanceof SnipError)) throw error
    problem ??= error
  }
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  if (problem === null && toWrite > freeBytes) {
    problem = new SnipError('disk-full', `The disk of ${target.folder} has too little space`, {
      remedy: 'Free some space, or choose a folder on another disk.',
    })
  }
  return { ...beside, files, totalBytes, ...problemOf(problem) }
}

function problemOf(error: SnipError | null): Pick<ExportEstimate, 'problem' | 'problemKind'> {
  if (error === null) return { problem: null, problemKind: null }
  const { kind, message, remedy } = error
  return { problem: remedy === undefined ? message : `${message}. ${remedy}`, problemKind: kind }
}

function nothingToExport(): SnipError {
  return new SnipError('bad-argument', 'No neuron is chosen, so there is nothing to export', {
    remedy: 'Move the slider to prune at least one neuron.',
  })
}

/** Checks plan, name and folder, and starts the job. Throws what stands in the way. */
export async function startExport(session: WorkbenchSession, choice: ExportChoice): Promise<string> {
  const workspace = session.workspace()
  modelInUse(workspace)
  const { plan, title, planHash } = await describePlan(session, choice.plan)
  if (plan === null) throw nothingToExport()
  const target = exportTarget(session, choice)
  const problem = problemOfTarget(target)
  if (problem !== null) throw problem
  makeFolder(workspace.file('runs', 'plans'))
  const planFile = `runs/plans/${planHash}.json`
  const planPath = workspace.file('runs', 'plans', `${planHash}.json`)
  if (!existsSync(planPath)) writeJsonAside(planPath, plan)
  const params: ExportParams = {
    choice: choice.plan,
    planFile,
    title,
    realisation: choice.realisation,
    format: choice.format,
    file: target.file,
    isOwn: target.isOwn,
    weights: choice.weights,
  }
  return session.jobs.start('export', `Export ${title} as ${basename(target.file)}`, params)
}

async function runExport(session: WorkbenchSession, params: ExportParams, task: JobTask): Promise<string> {
  const workspace = session.workspace()
  const { models } = session.workbench
  const { reference } = modelInUse(workspace)
  if (params.isOwn) makeFolder(dirname(params.file))
  const plan = readPlan(workspace.file(...params.planFile.split('/')))
  const { realisation, format, weights, file, title } = params
  const places = exportPlaces(file, format)
  const facts = await models.open(reference, task.signal)
  const modelHash = await models.modelHash(reference, task.signal)
  // Nothing lay there when the job was made: what is whole now, this job wrote before its process was killed.
  const finished = existsSync(places.marker)
    ? null
    : finishedExport(places, { modelHash, planHash: planHashOf(plan), realisation, format })
  const { manifest, contents, timing } =
    finished === null
      ? await exportModel(models, { model: reference, plan, realisation, format, out: file, weights }, task)
      : { manifest: places.manifest, contents: finished, timing: null }
  const more = { title, timing, at: Date.now(), originalBytes: facts.weightBytes }
  const after = documentOf(workspace, manifest, contents, more)
  await workspace.store.put([{ kind: 'export', key: task.job, after }])
  return task.job
}

/** The document of a finished export, from its manifest. */
export function documentOf(
  { folder: root }: Pick<OpenWorkspace, 'folder'>,
  manifestFile: string,
  { plan, planHash, modelHash, realisation, format, files, verification }: ExportManifest,
  more: {
    readonly title: string
    readonly timing: ExportTiming | null
    readonly at: number
    readonly originalBytes: number
  },
): Documents['export'] {
  const inside = relative(root, manifestFile)
  const isInside = !isAbsolute(inside) && inside.split(sep)[0] !== '..'
  return {
    name:
      (format === 'onnx' ? files.find(({ name }) => name.endsWith('.onnx'))?.name : null) ??
      basename(dirname(manifestFile)),
    folder: dirname(manifestFile),
    realisation,
    format,
    replacement: plan.replacement,
    neurons: plan.neurons.length,
    planHash,
    modelHash,
    files: files.map((file) => ({ ...file })),
    verification,
    manifestFile: isInside ? inside.split(sep).join('/') : manifestFile,
    ...more,
  }
}

/** Exports, newest first, each with its manifest as it lies beside the file; '' when that is gone. */
export async function listExports(workspace: OpenWorkspace): Promise<ExportInfo[]> {
  const infos: ExportInfo[] = []
  for (const [id, document] of [...workspace.store.all('export')].toReversed()) {
    const { manifestFile, ...info } = document
    const path = isAbsolute(manifestFile) ? manifestFile : workspace.file(...manifestFile.split('/'))
    const folder = dirname(path)
    const manifest = await readManifest(path)
    infos.push({ id, ...info, folder, manifest })
  }
  return infos
}

/** Manifests of every model are smaller: what is larger, or no file, is none. */
const largestManifest = 64 * 1024 ** 2

async function readManifest(path: string): Promise<string> {
  try {
    const facts = await stat(path)
    if (!path.endsWith('.manifest.json') || !facts.isFile() || facts.size > largestManifest) return ''
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}

/** Takes an export off the list; its files stay. */
export async function forgetExport({ store }: OpenWorkspace, id: string): Promise<void> {
  const document = store.get('export', id)
  if (document === null) throw new SnipError('not-found', 'There is no such export on the list any more')
  await store.edit(`Took the export ${document.name} off the list`, [{ kind: 'export', key: id, after: null }])
}
