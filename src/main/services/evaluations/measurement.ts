import type { ModelFacts } from '../../../contract/engine-host.ts'
import type { Plan } from '../../../contract/files.ts'
import type { Evaluation } from '../../../contract/result.ts'
import type { MetricContext } from '../../../core/metrics/metric.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import { metricOf } from '../../../core/metrics/registry.ts'
import { resolveParams } from '../../../core/ranking/resolve-params.ts'
import { SnipError } from '../../../contract/failure.ts'
import { checkPlan } from '../../../core/pruning/plan.ts'
import type { ClozeSplit, DataInUse } from '../data-in-use/data-in-use.ts'
import type { ModelReference } from '../engine/engine.ts'
import { neuronSpaceOf, type Models } from '../models/models.ts'
import { planHashOf } from '../plans/plans.ts'
import type { Task } from '../task.ts'
import { prepareCloze } from './cloze-measure.ts'
import { prepareImages } from './image-measure.ts'
import { prepareLm } from './lm-measure.ts'
import { prepareMaskedLm } from './masked-lm-measure.ts'

/** A metric with its parameters settled. */
export interface MetricChoice {
  readonly id: string
  readonly params: Readonly<Record<string, unknown>>
  readonly preset: string | null
}

/** A metric and the data it is taken on, laid out in the engine: only the plan is left to choose. */
export interface Measurement {
  readonly metric: MetricChoice
  readonly data: DataInUse
  readonly modelHash: string
  /** Measures the model under a plan, or unpruned. Throws `bad-plan` for a neuron that the model does not have. */
  run(plan: Plan | null, task: Task): Promise<Evaluation>
  /** Frees what the engine keeps of the data. Never fails. */
  close(): Promise<void>
}

/** Throws `unsupported-model`, naming a metric that fits, when a metric was not made for such models. */
export function checkObjective(facts: Pick<ModelFacts, 'familyName' | 'objective'>, metric: MetricChoice): void {
  const { name, objective } = metricOf(metric.id)
  requireObjective(facts, objective, `${name} (${metric.id})`)
}

/** What a metric does with the engine once it is laid out. */
export interface PreparedMetric {
  measure(plan: Plan | null, context: MetricContext, task: Task): Promise<Evaluation['results']>
  close(): Promise<void>
}

export interface MeasurementRequest {
  readonly model: ModelReference
  readonly metric: MetricChoice
  readonly data: DataInUse
  /** Seed of the intervals. */
  readonly seed: number
}

/**
 * Settles a metric's parameters: defaults, preset, overrides (texts as from a command line are read by the schema).
 * A metric that knows splits of cloze files gets the one in use. Throws `bad-argument`, naming what is legal.
 */
export function chooseMetric(
  id: string,
  preset: string | null,
  params: Readonly<Record<string, unknown>>,
  split: ClozeSplit,
): MetricChoice {
  const metric = metricOf(id)
  const withSplit = Object.hasOwn(metric.params.shape, 'split') ? { split, ...params } : params
  return { id, ...resolveParams(metric, preset, withSplit) }
}

/**
 * Opens the model and lays the data out for a metric. Throws before anything is measured when the two do not fit. `close`
 * the measurement when it is done with.
 */
export async function prepareMeasurement(
  models: Models,
  request: MeasurementRequest,
  task: Task,
): Promise<Measurement> {
  const { metric, data, seed } = request
  const facts = await models.open(request.model, task.signal)
  const modelHash = await models.modelHash(request.model, task.signal)
  const prepared = await prepare(models, facts, metric, data, task)
  const space = neuronSpaceOf(facts)
  return {
    metric,
    data,
    modelHash,
    async run(plan, runTask) {
      if (plan !== null) checkPlan(plan, space)
      const context: MetricContext = {
        preset: metric.preset,
        modelHash,
        dataHash: data.dataHash,
        planHash: planHashOf(plan),
        seed,
        warnings: [...data.warnings],
      }
      return { metric: metric.id, results: await prepared.measure(plan, context, runTask) }
    },
    close: () => prepared.close(),
  }
}

/** Metrics by what they need of the engine; a new need is a case here. */
async function prepare(
  models: Models,
  facts: ModelFacts,
  metric: MetricChoice,
  data: DataInUse,
  task: Task,
): Promise<PreparedMetric> {
  checkObjective(facts, metric)
  const { needs } = metricOf(metric.id)
  switch (needs) {
    case 'windows':
      return prepareLm(models, facts, metric.params, data, task)
    case 'cloze-questions':
      return prepareCloze(models, facts, metric.params, data, task)
    case 'masked-windows':
      return prepareMaskedLm(models, facts, metric.params, data, task)
    case 'images':
      return prepareImages(models, facts, data, task)
    default:
      throw new SnipError('internal', `No engine operation measures '${String(needs)}'`)
  }
}
