import { isAbsolute, relative, sep } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import type { ExportInfo } from '../../../contract/workbench/exports.ts'
import type { Recording } from '../../../contract/workbench/recordings.ts'
import type { RankingInfo } from '../../../contract/workbench/rankings.ts'
import type { SweepView } from '../../../contract/workbench/runs.ts'
import { listExports } from '../exports/export-job.ts'
import { reviewedConcepts } from '../rankings/ranking-inputs.ts'
import { listRankings } from '../rankings/rankings.ts'
import { listRecordings } from '../recordings/workspace-recordings.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { listSweeps } from '../sweeps/sweeps.ts'
import { programVersion } from '../version.ts'
import type { Documents } from '../workspace/documents.ts'
import type { Place } from '../workspace/places.ts'
import { measuredPlans, type MeasuredPlan } from './measured-plans.ts'
import { PinnedRankings, plansOf, type PlanFacts } from './plan-facts.ts'

/** All that a report says of a workspace. No clock, no process: the same workspace gives the same facts. */
export interface ReportFacts {
  readonly name: string
  readonly model: (Omit<Documents['model'], 'place'> & { readonly place: string }) | null
  readonly datasets: readonly (Omit<Documents['dataset'], 'place'> & { readonly place: string })[]
  readonly recordings: readonly (Recording & { readonly dataHash: string; readonly at: number })[]
  readonly explanations: readonly Documents['explanation'][]
  /** Sentences of persons and verdicts on sentences that stand, and pins. */
  readonly review: Readonly<Record<'edited' | 'accepted' | 'rejected' | 'always' | 'never', number>>
  readonly forgetConcepts: readonly Documents['forget-concept'][]
  readonly rankings: readonly (RankingInfo & { readonly at: number })[]
  readonly plans: readonly PlanFacts[]
  readonly measured: readonly MeasuredPlan[]
  readonly sweeps: readonly SweepView[]
  readonly exports: readonly (ExportInfo & { readonly place: string; readonly writtenBy: string | null })[]
  /** One sentence each. */
  readonly warnings: readonly string[]
  readonly versions: readonly (readonly [string, string])[]
}

/** Reads what a report says. What is damaged becomes a warning; the rest stands. */
export async function reportFacts(workspace: OpenWorkspace): Promise<ReportFacts> {
  const { store } = workspace
  const rankings = new PinnedRankings(workspace)
  const { plans, missing } = plansOf(workspace, rankings)
  const measured = await measuredPlans(workspace, plans)
  const sweeps = await listSweeps({ workspace: () => workspace })
  const exports = (await listExports(workspace)).map((info) => ({
    ...info,
    place: inWords(workspace, info.folder),
    writtenBy: writtenBy(info.manifest),
  }))
  const model = store.get('model', 'model')
  const verdicts = verdictsThatStand(workspace, missing)
  const infos = listRankings(workspace).map((info) => ({ ...info, at: store.get('ranking', info.id)?.at ?? 0 }))
  const facts = {
    name: workspace.name,
    model: model === null ? null : { ...model, place: placeInWords(model.place) },
    datasets: [...store.all('dataset').values()].map((set) => ({ ...set, place: placeInWords(set.place) })),
    recordings: listRecordings(workspace).map((recording) => {
      const { dataHash, at } = store.get('recording', recording.id)!
      return { ...recording, dataHash, at }
    }),
    explanations: [...store.all('explanation').values()],
    review: {
      edited: store.all('concept-edit').size,
      accepted: verdicts.filter((status) => status === 'accepted').length,
      rejected: verdicts.filter((status) => status === 'rejected').length,
      always: rankings.pins.always.length,
      never: rankings.pins.never.length,
    },
    forgetConcepts: [...store.all('forget-concept').values()],
    rankings: infos,
    plans,
    measured,
    sweeps,
    exports,
    versions: [
      ['SNIP Workbench', programVersion],
      ['Node.js', process.versions.node],
    ] as const,
  }
  return { ...facts, warnings: warningsOf(facts, missing) }
}

/** What was said of the sentences that stand: a rejected one that another has replaced is history. Of damaged files, all that was said. */
function verdictsThatStand(workspace: OpenWorkspace, warnings: string[]): string[] {
  const said = [...workspace.store.all('review').values()].map(({ status }) => status)
  if (said.length === 0) return said
  try {
    return reviewedConcepts(workspace).map(({ status }) => status)
  } catch (error) {
    if (!(error instanceof SnipError)) throw error
    warnings.push(`Which verdicts stand could not be told: ${error.message}`)
    return said
  }
}

/** Where a file lies, as far as it is anybody's business: the program's and the workspace's own without their folders. */
function placeInWords({ base, path }: Place): string {
  if (base === 'absolute') return path
  return base === 'workspace' ? `${path} (in the workspace)` : `${path} (comes with the program)`
}

function inWords({ folder }: OpenWorkspace, path: string): string {
  const inside = relative(folder, path)
  if (isAbsolute(inside) || inside.split(sep)[0] === '..') return path
  return `${inside.split(sep).join('/') || '.'} (in the workspace)`
}

const programSchema = z.object({ program: z.object({ version: z.string(), onnxRuntime: z.string() }) })

function writtenBy(manifest: string): string | null {
  try {
    const { program } = programSchema.parse(JSON.parse(manifest))
    return `SNIP Workbench ${program.version}, ONNX Runtime ${program.onnxRuntime}`
  } catch {
    return null
  }
}

type Known = Omit<ReportFacts, 'warnings'>

function warningsOf({ datasets, recordings, rankings, measured, sweeps, exports }: Known, missing: string[]): string[] {
  const found = new Set(missing)
  const add = (about: string, sentences: readonly string[]) => {
    for (const sentence of sentences) found.add(`${about}: ${sentence}`)
  }
  for (const { name, rejectedCount } of datasets) {
    if (rejectedCount > 0)
      found.add(`${name}: ${rejectedCount} ${rejectedCount === 1 ? 'row was' : 'rows were'} left out`)
  }
  for (const { data, stale } of recordings)
    if (stale !== null) found.add(`The recording of ${data} is out of date: ${stale}`)
  for (const { name, stale, warnings } of rankings) {
    if (stale !== null) found.add(`The ranking ${name} is out of date: ${stale}`)
    add(`The ranking ${name}`, warnings)
  }
  for (const { title, stale, comparisons } of measured) {
    if (stale !== null) found.add(`The measures of ${title} are out of date: ${stale}`)
    for (const { name, original, unlearned } of comparisons) add(name, [...original.warnings, ...unlearned.warnings])
  }
  for (const { title, stale, points } of sweeps) {
    if (stale !== null) found.add(`The sweep ${title} is out of date: ${stale}`)
    for (const { name, results } of points) {
      for (const result of Object.values(results)) add(name, result.warnings)
    }
  }
  for (const { name, verification, manifest } of exports) {
    if (!verification.passed) found.add(`The export ${name} did not pass its verification`)
    if (manifest === '') found.add(`The files of the export ${name} are gone, or were moved`)
  }
  return [...found]
}
