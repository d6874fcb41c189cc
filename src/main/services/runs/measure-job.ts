import { existsSync } from 'node:fs'
import { z } from 'zod'
import { toSnipError, type Failure } from '../../../contract/failure.ts'
import type { Result, Unmeasured } from '../../../contract/result.ts'
import { idSchema } from '../../../contract/workbench/call.ts'
import { planChoiceSchema } from '../../../contract/workbench/model.ts'
import type { Comparison } from '../../../contract/workbench/runs.ts'
import { metricOf } from '../../../core/metrics/registry.ts'
import { pairedDifference } from '../../../core/metrics/paired.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { inPlainWords, withoutFlags } from '../flag-words.ts'
import type { JobTask } from '../jobs/job-runner.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import { readPlan } from '../plans/plans.ts'
import { describePlan } from '../plans/resolve-plan.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import { requireEvaluationSets, type EvaluationSet } from './evaluation-sets.ts'
import { measureOriginal } from './originals.ts'
import { prepareSet, summaryOf } from './prepare-set.ts'
import { readSetResults, writeSetResults, type SetResults } from './run-files.ts'

/** The plan is settled when the job starts: what pins and rankings become later changes nothing. */
const measureParamsSchema = z.object({
  plan: planChoiceSchema,
  tokens: z.number().int().positive().nullable(),
  seed: z.number().int(),
  datasets: z.array(idSchema).nullable().default(null),
  title: z.string(),
  k: z.number(),
  planHash: z.string(),
  ranking: idSchema.nullable(),
})
type MeasureParams = z.infer<typeof measureParamsSchema>

export type MeasureRequest = Pick<MeasureParams, 'plan' | 'tokens' | 'seed' | 'datasets'>

export function registerMeasureJobs(session: WorkbenchSession): void {
  session.jobs.register('measure', {
    params: measureParamsSchema,
    run: inPlainWords((params, task) => runMeasure(session, params, task)),
  })
}

/** Starts full measures of a plan on every evaluation data set, or on those that are named. */
export async function startMeasure(session: WorkbenchSession, request: MeasureRequest): Promise<string> {
  const workspace = session.workspace()
  modelInUse(workspace)
  const sets = requireEvaluationSets(workspace, request.datasets)
  const { plan, title, k, planHash, ranking } = await describePlan(session, request.plan)
  if (plan !== null) {
    makeFolder(workspace.file('runs', 'plans'))
    const file = planFile(workspace, planHash)
    if (!existsSync(file)) writeJsonAside(file, plan)
  }
  const on = `${sets.length} data ${sets.length === 1 ? 'set' : 'sets'}`
  return session.jobs.start('measure', `Measure ${title} on ${on}`, { ...request, title, k, planHash, ranking })
}

function planFile(workspace: OpenWorkspace, planHash: string): string {
  return workspace.file('runs', 'plans', `${planHash}.json`)
}

async function runMeasure(session: WorkbenchSession, params: MeasureParams, task: JobTask): Promise<string> {
  const workspace = session.workspace()
  const { models } = session.workbench
  const modelHash = await models.modelHash(modelInUse(workspace).reference, task.signal)
  const folder = `runs/${task.job}`
  const sets = requireEvaluationSets(workspace, params.datasets)
  const measures = []
  const comparisons: Comparison[] = []
  for (const [at, set] of sets.entries()) {
    throwIfCancelled(task)
    const quiet = { ...task, report: setReport(task, set, at, sets.length) }
    const results = await measureSet(session, params, set, folder, quiet)
    measures.push({ dataset: set.id, side: set.side, dataHash: results.dataHash })
    comparisons.push(...(await compareResults(set, results, params.seed)))
  }
  const { title, plan, ranking, k, planHash, seed } = params
  const after = { title, plan, ranking, k, planHash, modelHash, seed, at: Date.now(), folder, measures, comparisons }
  await workspace.store.put([{ kind: 'run', key: task.job, after }])
  return task.job
}

function setReport(task: Task, { document }: EvaluationSet, at: number, sets: number): Task['report'] {
  return ({ done, total }) =>
    task.report({
      stage: `Measuring on ${document.name}`,
      done: percentOfSets(at, sets, total === 0 ? 0 : done / total),
      total: 100,
      unit: '%',
    })
}

/** Whole per cent over all data sets, each of which counts the same; `share` is of the one in hand, the `at`-th. */
export function percentOfSets(at: number, sets: number, share: number): number {
  return Math.min(100, Math.floor((100 * (at + Math.min(1, share))) / sets))
}

async function measureSet(
  session: WorkbenchSession,
  { planHash, k, tokens, seed }: MeasureParams,
  set: EvaluationSet,
  folder: string,
  task: Task,
): Promise<SetResults> {
  const workspace = session.workspace()
  const known = readSetResults(workspace, folder, set.id)
  if (known?.planHash === planHash && known.seed === seed && known.tokens === tokens) {
    if (known.dataHash === set.document.dataHash) return known
  }
  const head = { version: 1 as const, dataset: set.id, planHash, seed, tokens }
  try {
    const measurement = await prepareSet(session, set, { tokens, seed }, task)
    try {
      const half = (from: number): Task => ({
        ...task,
        report: ({ done, total, ...news }) =>
          task.report({ ...news, done: from + (total === 0 ? 0 : done / total) / 2, total: 1 }),
      })
      const original = await measureOriginal(workspace, measurement, seed, half(0))
      const plan = k === 0 ? null : readPlan(planFile(workspace, planHash))
      const unlearned = plan === null ? original : await measurement.run(plan, half(0.5))
      const { dataHash } = measurement.data
      const results = { ...head, dataHash, original: original.results, unlearned: unlearned.results }
      writeSetResults(workspace, folder, results)
      return results
    } finally {
      await measurement.close()
    }
  } catch (error) {
    const failure = failureOfData(error)
    if (failure === null) throw error
    task.warn(`${set.document.name} could not be measured: ${failure.message}`)
    const failed = unmeasuredSet(set, failure, seed)
    return { ...head, dataHash: set.document.dataHash, original: failed, unlearned: failed }
  }
}

/** Failures that one data set can have while the others are measured all the same. */
function failureOfData(error: unknown): Failure | null {
  const known = toSnipError(withoutFlags(error))
  const { detail: _, ...failure } = known.toFailure()
  return ['bad-data', 'bad-file', 'not-found', 'bad-argument', 'not-finite'].includes(known.kind) ? failure : null
}

function unmeasuredSet(
  { metric, document }: EvaluationSet,
  failure: Failure,
  seed: number,
): Record<string, Unmeasured> {
  const { estimators, unit } = metricOf(metric)
  const { dataHash } = document
  const shared = { params: {}, preset: null, modelHash: null, dataHash, planHash: null, seed, warnings: [] }
  return Object.fromEntries(
    estimators.map(({ id }) => [id, { ok: false as const, metric, estimator: id, unit, failure, ...shared }]),
  )
}

/** One comparison per estimator, with the interval of the paired difference. Leaves the main loop free in between. */
export async function compareResults(
  { id, document, side }: EvaluationSet,
  { original, unlearned }: Pick<SetResults, 'original' | 'unlearned'>,
  seed: number,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = []
  for (const [estimator, first] of Object.entries(original)) {
    const second = unlearned[estimator]
    if (second === undefined) continue
    await new Promise((resolve) => setImmediate(resolve))
    comparisons.push({
      dataset: id,
      name: document.name,
      side,
      estimator,
      original: summaryOf(first),
      unlearned: summaryOf(second),
      delta: deltaOf(first, second, seed),
    })
  }
  return comparisons
}

/** Unlearned minus original over the same resampled units; null when either failed. */
export function deltaOf(original: Result, unlearned: Result, seed: number): Comparison['delta'] {
  if (!original.ok || !unlearned.ok) return null
  const { difference, ci } = pairedDifference(original, unlearned, seed)
  return { value: difference, low: ci.low, high: ci.high, n: original.n }
}
