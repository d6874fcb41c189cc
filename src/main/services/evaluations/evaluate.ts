import type { Plan } from '../../../contract/files.ts'
import type { Evaluation } from '../../../contract/result.ts'
import type { DataRequest } from '../data-in-use/data-in-use.ts'
import { loadDataFor } from '../data-in-use/load-data-for.ts'
import type { ModelReference } from '../engine/engine.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import { checkObjective, chooseMetric, prepareMeasurement } from './measurement.ts'

export interface EvaluateRequest {
  readonly model: ModelReference
  readonly metric: string
  readonly preset: string | null
  readonly params: Readonly<Record<string, unknown>>
  readonly data: DataRequest
  readonly plan: Plan | null
  readonly seed: number
}

/** One metric of one model under one plan, with provenance: checks everything it can before the engine runs. */
export async function evaluate(models: Models, request: EvaluateRequest, task: Task): Promise<Evaluation> {
  const { model, plan, seed, data } = request
  const metric = chooseMetric(request.metric, request.preset, request.params, data.split)
  const facts = await models.openFor(model, plan, task.signal)
  checkObjective(facts, metric)
  const loaded = await loadDataFor(facts, data, task)
  const measurement = await prepareMeasurement(models, { model, metric, data: loaded, seed }, task)
  try {
    warnOfOtherModel(plan, measurement.modelHash, 'The plan', task)
    return await measurement.run(plan, task)
  } finally {
    await measurement.close()
  }
}

/** A plan or ranking of another model may be what is wanted, for a fine-tuned copy: it is said, not refused. */
export function warnOfOtherModel(
  made: { readonly modelHash?: string | null | undefined } | null,
  modelHash: string,
  what: string,
  task: Task,
): void {
  if (made === null || made.modelHash === undefined || made.modelHash === null || made.modelHash === modelHash) return
  task.warn(`${what} was made for another model (${made.modelHash.slice(0, 12)}, not ${modelHash.slice(0, 12)})`)
}
