import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { lmMetric, summariseLm, type LmWindow } from '../../../core/metrics/lm.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import type { PreparedMetric } from './measurement.ts'

/** Lays documents out as windows for language modelling. */
export async function prepareLm(
  models: Models,
  facts: ModelFacts,
  params: Readonly<Record<string, unknown>>,
  data: DataInUse,
  task: Task,
): Promise<PreparedMetric> {
  const lmParams = lmMetric.params.parse(params)
  const { window, tokens } = lmParams
  const { client } = models.engine
  const { corpus } = await client.corpus(
    { handle: facts.handle, documents: [...data.documents], keepShort: data.keepShort, window, tokens },
    { signal: task.signal },
  )
  return {
    async measure(plan, context, runTask) {
      const { losses, ranks } = await corpusLosses(models, facts, corpus, plan, runTask)
      return summariseLm(windowsOf(losses, ranks, window - 1), lmParams, context)
    },
    close: () => forgetQuietly(client.closeCorpus({ handle: facts.handle, corpus })),
  }
}

async function corpusLosses(models: Models, facts: ModelFacts, corpus: string, plan: Plan | null, task: Task) {
  const events = await models.engine.client.losses(
    { handle: facts.handle, corpus, plan, ranks: true },
    { signal: task.signal },
  )
  for await (const event of events) {
    if (event.kind === 'progress') {
      task.report({ stage: 'Measuring lm', ...event })
    } else {
      if (event.ranks === null) throw new SnipError('internal', 'The engine gave no ranks')
      return { losses: decodeFloat32(event.losses), ranks: decodeFloat32(event.ranks) }
    }
  }
  throw new SnipError('internal', 'The engine ended without losses')
}

/** Cuts rows of `width` predictions into windows. Padding stands at the end of a row, as NaN. */
export function windowsOf(losses: Float32Array, ranks: Float32Array, width: number): LmWindow[] {
  const windows: LmWindow[] = []
  for (let start = 0; start < losses.length; start += width) {
    let end = start + width
    while (end > start && Number.isNaN(losses[end - 1])) end--
    windows.push({ losses: losses.subarray(start, end), ranks: ranks.subarray(start, end) })
  }
  return windows
}
