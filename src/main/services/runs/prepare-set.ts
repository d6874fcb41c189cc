import { SnipError } from '../../../contract/failure.ts'
import type { Result } from '../../../contract/result.ts'
import type { Summary } from '../../../contract/workbench/runs.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { loadDataset } from '../datasets/load-dataset.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import { chooseMetric, prepareMeasurement, type Measurement } from '../evaluations/measurement.ts'
import { modelInUse } from '../plans/model-in-use.ts'
import type { WorkbenchSession } from '../session/session.ts'
import type { Task } from '../task.ts'
import type { EvaluationSet } from './evaluation-sets.ts'

/** Tokens per window unless the model's context is shorter. */
export const windowTokens = 64

export interface SetRequest {
  /** First tokens of a text to measure on; null for all. Data with fewer are taken whole. */
  readonly tokens: number | null
  /** Seed of the intervals. */
  readonly seed: number
}

/** Lays an evaluation data set out in the engine under the metric that fits it. `close` the measurement after use. */
export async function prepareSet(
  session: WorkbenchSession,
  set: EvaluationSet,
  { tokens, seed }: SetRequest,
  task: Task,
  data?: DataInUse,
): Promise<Measurement> {
  const { models } = session.workbench
  const model = modelInUse(session.workspace()).reference
  const loaded = data ?? (await loadDataset(session.workspace(), set.id, task))
  const params = set.metric === 'lm' ? await lmParams(session, loaded, tokens, task) : {}
  const metric = chooseMetric(set.metric, null, params, loaded.split ?? set.request.split)
  return prepareMeasurement(models, { model, metric, data: loaded, seed }, task)
}

/** Parameters of language modelling that the model and the data allow. */
export async function lmParams(
  session: WorkbenchSession,
  data: DataInUse,
  tokens: number | null,
  task: Task,
): Promise<{ readonly window: number; readonly tokens: number | null }> {
  const { models } = session.workbench
  const { handle, contextLength } = await models.open(modelInUse(session.workspace()).reference, task.signal)
  const window = Math.min(windowTokens, contextLength)
  if (tokens === null) return { window, tokens }
  try {
    const { corpus } = await models.engine.client.corpus(
      { handle, documents: [...data.documents], keepShort: data.keepShort, window, tokens },
      { signal: task.signal },
    )
    await forgetQuietly(models.engine.client.closeCorpus({ handle, corpus }))
    return { window, tokens }
  } catch (error) {
    // More tokens were asked for than there are: all of them, then.
    if (error instanceof SnipError && error.kind === 'bad-argument') return { window, tokens: null }
    throw error
  }
}

/** A result as lists show it: without what belongs to single windows. */
export function summaryOf(result: Result): Summary {
  if (!result.ok) return { ...result, params: withoutLists(result.params) }
  const { byIndex: _, ...rest } = result
  return { ...rest, params: withoutLists(rest.params) }
}

function withoutLists(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { predictedTokensByIndex: _, ...rest } = params
  return rest
}
