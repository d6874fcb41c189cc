import type { ModelFacts } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { Plan } from '../../../contract/files.ts'
import { maskedLmMetric, summariseMaskedLm, type MaskedLmParams } from '../../../core/metrics/masked-lm.ts'
import type { WindowLosses } from '../../../core/metrics/window-losses.ts'
import { decodeFloat32 } from '../../engine-host/client/bulk.ts'
import type { DataInUse } from '../data-in-use/data-in-use.ts'
import { forgetQuietly } from '../engine/forget-quietly.ts'
import type { Models } from '../models/models.ts'
import type { Task } from '../task.ts'
import type { PreparedMetric } from './measurement.ts'

/** Lays documents out as windows for masked language modelling. The seed of the intervals also chooses the tokens. */
export async function prepareMaskedLm(
  models: Models,
  facts: ModelFacts,
  params: Readonly<Record<string, unknown>>,
  data: DataInUse,
  task: Task,
): Promise<PreparedMetric> {
  const settled = maskedLmMetric.params.parse(params)
  const { window, tokens, specialTokens } = settled
  const { client } = models.engine
  const { corpus, frame } = await client.corpus(
    { handle: facts.handle, documents: [...data.documents], keepShort: data.keepShort, window, tokens, specialTokens },
    { signal: task.signal },
  )
  const warnings = specialTokens || frame === 0 ? [] : [withoutFrame(frame)]
  return {
    async measure(plan, context, runTask) {
      const seed = context.seed ?? 0
      const { losses, ranks } = await maskedLosses(models, facts, corpus, plan, { ...settled, seed }, runTask)
      const asked = askedOf(losses, ranks, window)
      return summariseMaskedLm(asked, settled, { ...context, warnings: [...context.warnings, ...warnings] })
    },
    close: () => forgetQuietly(client.closeCorpus({ handle: facts.handle, corpus })),
  }
}

/** What a recording or a measure without the template's tokens says of itself. */
export function withoutFrame(frame: number): string {
  return `Windows stand without the ${frame} tokens that the tokenizer frames a text by, and with which such models are trained: give --special-tokens to add them`
}

async function maskedLosses(
  models: Models,
  facts: ModelFacts,
  corpus: string,
  plan: Plan | null,
  { share, seed }: Pick<MaskedLmParams, 'share'> & { readonly seed: number },
  task: Task,
) {
  const events = await models.engine.client.maskedLosses(
    { handle: facts.handle, corpus, plan, share, seed },
    { signal: task.signal },
  )
  for await (const event of events) {
    if (event.kind === 'progress') task.report({ stage: 'Measuring masked-lm', ...event })
    else return { losses: decodeFloat32(event.losses), ranks: decodeFloat32(event.ranks) }
  }
  throw new SnipError('internal', 'The engine ended without losses')
}

/** The asked tokens of each window. Windows of special tokens alone, which ask for none, are left out. */
function askedOf(losses: Float32Array, ranks: Float32Array, width: number): WindowLosses[] {
  const windows: WindowLosses[] = []
  for (let start = 0; start < losses.length; start += width) {
    const places = Array.from({ length: width }, (_, at) => start + at).filter((at) => !Number.isNaN(losses[at]))
    if (places.length === 0) continue
    windows.push({ losses: places.map((at) => losses[at]!), ranks: places.map((at) => ranks[at]!) })
  }
  return windows
}
