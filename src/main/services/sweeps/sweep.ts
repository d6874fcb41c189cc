import { basename } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import { resultSchema, type Evaluation } from '../../../contract/result.ts'
import { parseRanking } from '../../../core/ranking/ranking-file.ts'
import { checkPlan } from '../../../core/pruning/plan.ts'
import type { DataRequest } from '../data-in-use/data-in-use.ts'
import { loadDataFor } from '../data-in-use/load-data-for.ts'
import type { ModelReference } from '../engine/engine.ts'
import { warnOfOtherModel } from '../evaluations/evaluate.ts'
import { checkObjective, chooseMetric, prepareMeasurement, type Measurement } from '../evaluations/measurement.ts'
import { readTextFile } from '../files-of-lines.ts'
import { canonicalJson, sha256 } from '../jobs/canonical-json.ts'
import { openJobFolder } from '../jobs/job-folder.ts'
import { UnitLog } from '../jobs/unit-log.ts'
import { neuronSpaceOf, type Models } from '../models/models.ts'
import { planHashOf } from '../plans/plans.ts'
import { readMeans } from '../plans/recorded-means.ts'
import { throwIfCancelled, type Task } from '../task.ts'
import { sweepPoints, type SweepPoint, type SweptRanking } from './sweep-points.ts'

/** A metric on data, as a sweep takes it at every point. */
export interface SweepMeasure {
  readonly metric: string
  readonly preset: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly data: DataRequest
  /** What points.jsonl calls the data; the path as it was given when left out. */
  readonly label?: string
}

/** A ranking file, and what points.jsonl calls it. */
export interface SweepRanking {
  readonly path: string
  readonly label: string
}

/** Results by model, plan, metric and data: sweeps that share it measure nothing twice. */
export type KnownResults = Map<string, Evaluation['results']>

export interface SweepRequest {
  readonly model: ModelReference
  readonly rankings: readonly SweepRanking[]
  /** Tops as in `snip plan`: `0`, `0.5%`, `737`. */
  readonly grid: readonly string[]
  readonly measures: readonly SweepMeasure[]
  readonly directory: string
  readonly seed: number
  /** Folder of the recording whose means replace the neurons; zero does when left out. */
  readonly meansOf?: string
  readonly known?: KnownResults
}

/** One line of points.jsonl. `k` is the true number of neurons; `ranking` and `data` are labels: paths as the user gave them. */
export const pointLineSchema = z.object({
  ranking: z.string(),
  method: z.string(),
  k: z.number().int().nonnegative(),
  fraction: z.number(),
  controlOf: z.string().optional(),
  metric: z.string(),
  data: z.string(),
  results: z.record(z.string(), resultSchema),
  warnings: z.array(z.string()).optional(),
})
export type SweepLine = z.infer<typeof pointLineSchema>

export const pointsFile = 'points.jsonl'

/**
 * Measures every ranking at every k with every metric into DIR/points.jsonl. A model is measured once per metric
 * however many lines show it: the unpruned one, and equal sets of neurons. Goes on at the line where it stopped.
 */
export async function sweep(models: Models, request: SweepRequest, task: Task): Promise<SweepLine[]> {
  const rankings = readRankings(request.rankings)
  const means = request.meansOf === undefined ? null : readMeans(request.meansOf)
  const points = sweepPoints(rankings.swept, request.grid).map((point): SweepPoint =>
    means && point.plan ? { ...point, plan: means.fix(point.plan) } : point,
  )
  const { model, seed } = request
  const facts = await models.open(model, task.signal)
  for (const { plan } of points) if (plan !== null) checkPlan(plan, neuronSpaceOf(facts))
  const modelHash = await models.modelHash(model, task.signal)
  for (const { label, ranking } of rankings.swept) warnOfOtherModel(ranking.header, modelHash, label, task)
  for (const warning of new Set(points.flatMap(({ warnings }) => warnings))) task.warn(warning)

  const measurements: LabelledMeasurement[] = []
  try {
    for (const { metric, preset, params, data, label } of request.measures) {
      const chosen = chooseMetric(metric, preset, params, data.split)
      checkObjective(facts, chosen)
      const loaded = await loadDataFor(facts, data, task)
      const measurement = await prepareMeasurement(models, { model, metric: chosen, data: loaded, seed }, task)
      measurements.push({ ...measurement, label: label ?? data.path })
    }
    const identity = {
      modelHash,
      rankings: rankings.hashes,
      grid: request.grid,
      measures: measurements.map(({ metric, data, label }) => ({ ...metric, data: label, dataHash: data.dataHash })),
      seed,
      ...(means === null ? {} : { means: means.identity }),
    }
    const job = openJobFolder(request.directory, { command: 'sweep', identity })
    try {
      const started = performance.now()
      const log = UnitLog.open<SweepLine>(job.file(pointsFile), { check: (json) => pointLineSchema.parse(json) })
      try {
        const before = log.units.length
        await measurePoints(points, measurements, { seed, known: request.known ?? new Map() }, log, task)
        if (log.units.length > before) job.writeTiming({ seconds: (performance.now() - started) / 1000 })
        return [...log.units]
      } finally {
        log.close()
      }
    } finally {
      job.close()
    }
  } finally {
    for (const measurement of measurements) await measurement.close()
  }
}

interface LabelledMeasurement extends Measurement {
  readonly label: string
}

async function measurePoints(
  points: readonly SweepPoint[],
  measurements: readonly LabelledMeasurement[],
  { seed, known }: { readonly seed: number; readonly known: KnownResults },
  log: UnitLog<SweepLine>,
  task: Task,
): Promise<void> {
  const total = points.length * measurements.length
  let at = 0
  for (const point of points) {
    for (const measurement of measurements) {
      const { modelHash, metric, data } = measurement
      const { dataHash, keepShort } = data
      const key = canonicalJson({ modelHash, metric, dataHash, keepShort, planHash: planHashOf(point.plan), seed })
      const finished = log.units[at]
      if (finished === undefined) {
        throwIfCancelled(task)
        task.report({ stage: 'Sweeping', done: at, total, unit: 'points' })
        const quiet = { ...task, report: () => {} }
        const results = known.get(key) ?? (await measurement.run(point.plan, quiet)).results
        known.set(key, results)
        log.append(lineOf(point, measurement, results))
      } else {
        refuseOtherLine(finished, point, measurement, at)
        known.set(key, finished.results)
      }
      at++
    }
  }
  task.report({ stage: 'Sweeping', done: total, total, unit: 'points' })
}

function lineOf(point: SweepPoint, { metric, label }: LabelledMeasurement, results: Evaluation['results']): SweepLine {
  return {
    ranking: point.ranking,
    method: point.method,
    k: point.k,
    fraction: point.fraction,
    ...(point.controlOf === undefined ? {} : { controlOf: point.controlOf }),
    metric: metric.id,
    data: label,
    results,
    ...(point.warnings.length === 0 ? {} : { warnings: [...point.warnings] }),
  }
}

function refuseOtherLine(line: SweepLine, point: SweepPoint, { metric, label }: LabelledMeasurement, at: number): void {
  if (line.ranking === point.ranking && line.k === point.k && line.metric === metric.id && line.data === label) {
    return
  }
  throw new SnipError('bad-file', `${pointsFile}, line ${at + 1}: this is another point than the job has there`, {
    remedy: 'Choose a new folder: somebody changed the file.',
  })
}

function readRankings(rankings: readonly SweepRanking[]): { swept: SweptRanking[]; hashes: unknown[] } {
  const swept: SweptRanking[] = []
  const hashes: unknown[] = []
  for (const { path, label } of rankings) {
    const text = readTextFile(path)
    swept.push({ label, ranking: parseRanking(text, basename(path)) })
    hashes.push({ ranking: label, sha256: sha256(text) })
  }
  return { swept, hashes }
}
