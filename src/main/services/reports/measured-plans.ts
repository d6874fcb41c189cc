import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Comparison } from '../../../contract/workbench/runs.ts'
import { deltaOf } from '../runs/measure-job.ts'
import { summaryOf } from '../runs/prepare-set.ts'
import { listRuns } from '../runs/runs.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { pointLineSchema, pointsFile, type SweepLine } from '../sweeps/sweep.ts'
import type { Documents } from '../workspace/documents.ts'
import type { PlanFacts } from './plan-facts.ts'

/** Numbers of the original and the unlearned model side by side. */
export interface MeasuredPlan {
  readonly title: string
  /** Which kind of work measured it. */
  readonly source: string
  readonly k: number
  readonly planHash: string
  readonly at: number
  readonly stale: string | null
  readonly comparisons: readonly Comparison[]
}

/** Every run, newest first; for plans that no run measured, the points of sweeps that have the same neurons. */
export async function measuredPlans(workspace: OpenWorkspace, plans: readonly PlanFacts[]): Promise<MeasuredPlan[]> {
  const measured: MeasuredPlan[] = listRuns(workspace).map(({ title, k, planHash, at, stale, comparisons }) => ({
    title,
    source: 'measured on every evaluation data set',
    k,
    planHash,
    at,
    stale,
    comparisons,
  }))
  const known = new Set(measured.map(({ planHash }) => planHash))
  for (const plan of plans) {
    if (known.has(plan.planHash) || plan.neurons.length === 0) continue
    for (const sweep of [...workspace.store.all('sweep').values()].toReversed()) {
      const found = await inSweep(workspace, sweep, plan)
      if (found === null) continue
      measured.push(found)
      known.add(plan.planHash)
      break
    }
  }
  return measured
}

/** What a sweep measured with the very neurons of a plan gone, whichever ranking they came from. */
async function inSweep(
  workspace: OpenWorkspace,
  sweep: Documents['sweep'],
  { name, planHash, neurons: { length: k } }: PlanFacts,
): Promise<MeasuredPlan | null> {
  const originals = new Map<string, SweepLine>()
  const unlearned = new Map<string, SweepLine>()
  await eachLine(workspace, sweep, (line) => {
    if (line.k === 0) originals.set(line.data, line)
    if (line.k === k && Object.values(line.results).some((result) => result.planHash === planHash)) {
      unlearned.set(line.data, line)
    }
  })
  const comparisons = sweep.measures.flatMap(({ label, dataset, name: data, side }): Comparison[] => {
    const before = originals.get(label)
    const after = unlearned.get(label)
    if (before === undefined || after === undefined) return []
    return Object.entries(before.results).flatMap(([estimator, first]) => {
      const second = after.results[estimator]
      if (second === undefined) return []
      return {
        dataset: dataset ?? label,
        name: data,
        side,
        estimator,
        original: summaryOf(first),
        unlearned: summaryOf(second),
        delta: deltaOf(first, second, second.seed ?? 0),
      }
    })
  })
  if (comparisons.length === 0) return null
  return { title: name, source: `from the sweep ${sweep.title}`, k, planHash, at: sweep.at, stale: null, comparisons }
}

async function eachLine(
  workspace: OpenWorkspace,
  { folder }: Documents['sweep'],
  take: (line: SweepLine) => void,
): Promise<void> {
  const stream = createReadStream(workspace.file(...folder.split('/'), pointsFile), 'utf8')
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
      const line = readLine(text)
      if (line !== null) take(line)
    }
  } catch {
    // The list of sweeps says that its points are gone.
  } finally {
    stream.destroy()
  }
}

/** A torn last line is none. */
function readLine(text: string): SweepLine | null {
  try {
    return pointLineSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
