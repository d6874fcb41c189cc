import * as ort from 'onnxruntime-node'
import type { Plan } from '../../../contract/files.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import { batchWindows, type WindowBatch, type WindowTable } from '../../../core/recording/windows.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { requireFinite } from './not-finite.ts'
import { objectiveFacts } from './objective-facts.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

/** Elements of the largest tensor in a batch: the logits. 128 MB of f32. */
const logitElements = 32 * 1024 * 1024

/** Tokens a batch may hold: enough for full speed, few enough for the memory of the logits and for a quick cancel. */
export function tokensPerBatch(vocabularySize: number): number {
  return Math.min(1024, Math.max(64, Math.floor(logitElements / vocabularySize)))
}

/** Parts a corpus into batches of about `tokens` tokens, of no more windows than the model takes at once. */
export function windowBatches({ graphs }: OpenModel, corpus: WindowTable, tokens: number): WindowBatch[] {
  const most = graphs.largestBatch === null ? tokens : Math.min(tokens, graphs.largestBatch * corpus.window)
  return batchWindows(corpus, most)
}

export interface CorpusLosses {
  /** [windows, window - 1] nats; NaN where there is only padding. */
  readonly losses: Float32Array
  /** [windows, window - 1] number of logits above the target's; null unless asked for. */
  readonly ranks: Float32Array | null
}

/** Loss of every predicted token of a corpus under a plan. Yields progress in windows; returns the losses. */
export async function* corpusLosses(
  model: OpenModel,
  corpus: WindowTable,
  plan: Plan | null,
  withRanks: boolean,
  signal: AbortSignal | undefined,
) {
  requireObjective(objectiveFacts(model), 'causal', 'The loss of next tokens')
  const session = await leaseUnderPlan(model, withRanks ? purposes.lossesAndRanks : purposes.losses, plan)
  try {
    const { window, count } = corpus
    const predicted = window - 1
    const losses = new Float32Array(count * predicted).fill(NaN)
    const ranks = withRanks ? new Float32Array(count * predicted).fill(NaN) : null
    const throttle = new ProgressThrottle()
    for (const { start, end } of windowBatches(model, corpus, tokensPerBatch(model.shape.vocabularySize))) {
      await betweenBatches(signal)
      const results = await session.run(windowFeeds(corpus, start, end))
      const batchLosses = floatOutput(results, 'losses')
      const batchRanks = ranks && floatOutput(results, 'ranks')
      for (let w = start; w < end; w++) {
        const from = (w - start) * window
        const length = corpus.lengths[w]! - 1
        const row = batchLosses.subarray(from, from + length)
        requireFinite(model, row, 'The losses')
        losses.set(row, w * predicted)
        if (ranks && batchRanks) ranks.set(batchRanks.subarray(from, from + length), w * predicted)
      }
      if (throttle.due(end, count)) yield progress(end, count, 'windows')
    }
    return { losses, ranks } satisfies CorpusLosses
  } finally {
    await session.release()
  }
}

function windowFeeds(corpus: WindowTable, start: number, end: number): Record<string, ort.Tensor> {
  const { window } = corpus
  const dims = [end - start, window]
  const ids = corpus.ids.subarray(start * window, end * window)
  const targets = new Int32Array(ids.length)
  for (let w = 0; w < end - start; w++) {
    targets.set(ids.subarray(w * window + 1, (w + 1) * window), w * window)
  }
  return { input_ids: int64Tensor(ids, dims), targets: int64Tensor(targets, dims) }
}
