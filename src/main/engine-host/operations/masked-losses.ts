import type { Plan } from '../../../contract/files.ts'
import { SnipError } from '../../../contract/failure.ts'
import { maskWindow, type MaskRule } from '../../../core/metrics/masked-lm.ts'
import { requireObjective } from '../../../core/metrics/objective.ts'
import type { WindowTable } from '../../../core/recording/windows.ts'
import type { OpenModel } from '../model/open-model.ts'
import { floatOutput, int64Tensor, purposes } from '../sessions/model-sessions.ts'
import { leaseUnderPlan } from '../sessions/plan-feeds.ts'
import { tokenFeeds } from '../sessions/token-feeds.ts'
import { objectiveFacts } from './objective-facts.ts'
import { tokensPerBatch, windowBatches } from './losses.ts'
import { requireFinite } from './not-finite.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

export interface MaskedLosses {
  /** [windows, window] nats; NaN where a token was not asked for. */
  readonly losses: Float32Array
  /** [windows, window] number of logits above the token's own. */
  readonly ranks: Float32Array
}

/**
 * Losses of tokens behind masks under a plan: special tokens and padding are never asked for. The same tokens are asked for under every
 * plan. Yields progress in windows; returns the losses.
 */
export async function* maskedCorpusLosses(
  model: OpenModel,
  corpus: WindowTable,
  plan: Plan | null,
  { share, seed }: Pick<MaskRule, 'share' | 'seed'>,
  signal: AbortSignal | undefined,
) {
  requireObjective(objectiveFacts(model), 'masked', 'The loss of masked tokens')
  const rule = { share, seed, ...maskIdOf(model) }
  const session = await leaseUnderPlan(model, purposes.lossesAndRanks, plan)
  try {
    const { window, count } = corpus
    const losses = new Float32Array(count * window).fill(NaN)
    const ranks = new Float32Array(count * window).fill(NaN)
    const throttle = new ProgressThrottle()
    for (const { start, end } of windowBatches(model, corpus, tokensPerBatch(model.shape.vocabularySize))) {
      await betweenBatches(signal)
      const targets = corpus.ids.subarray(start * window, end * window)
      const shown = targets.slice()
      const asked: number[] = []
      for (let w = start; w < end; w++) {
        const from = (w - start) * window
        const own = shown.subarray(from, from + window)
        asked.push(...maskWindow(own, askable(model, own, corpus.lengths[w]!), w, rule).map((place) => from + place))
      }
      const feeds = {
        ...tokenFeeds(model, shown, [end - start, window], corpus.lengths.subarray(start, end)),
        targets: int64Tensor(targets, [end - start, window]),
      }
      const results = await session.run(feeds)
      const batchLosses = floatOutput(results, 'losses')
      const batchRanks = floatOutput(results, 'ranks')
      requireFinite(
        model,
        Float32Array.from(asked, (place) => batchLosses[place]!),
        'The losses',
      )
      for (const place of asked) {
        losses[start * window + place] = batchLosses[place]!
        ranks[start * window + place] = batchRanks[place]!
      }
      if (throttle.due(end, count)) yield progress(end, count, 'windows')
    }
    return { losses, ranks } satisfies MaskedLosses
  } finally {
    await session.release()
  }
}

/** Places of a window whose tokens are text. */
function askable({ tokenizer }: OpenModel, ids: Int32Array, length: number): number[] {
  const places: number[] = []
  for (let place = 0; place < length; place++) if (!tokenizer.isSpecial(ids[place]!)) places.push(place)
  return places
}

function maskIdOf({ tokenizer, path }: OpenModel): Pick<MaskRule, 'maskId' | 'vocabularySize'> {
  const { mask } = tokenizer.specialIds
  if (mask !== undefined) return { maskId: mask, vocabularySize: tokenizer.vocabularySize }
  throw new SnipError('bad-tokenizer', `The tokenizer of ${path} has no mask token`, {
    remedy: 'Put the published tokenizer_config.json, which names it as "mask_token", beside tokenizer.json.',
  })
}
