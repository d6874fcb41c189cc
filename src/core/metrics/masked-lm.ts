import { z } from 'zod'
import type { Result } from '../../contract/result.ts'
import { createRandom, deriveSeed } from '../stats/random.ts'
import type { Metric, MetricContext } from './metric.ts'
import { countAsked, summariseLosses, type WindowLosses } from './window-losses.ts'

const params = z.strictObject({
  window: z.number().int().min(2).default(64).describe('Tokens per window, special tokens included'),
  tokens: z.number().int().positive().nullable().default(null).describe('Use the first so many tokens; null means all'),
  specialTokens: z
    .boolean()
    .default(false)
    .describe('Frame every window by what the template of the tokenizer adds, as the model was trained'),
  share: z.number().positive().max(1).default(0.15).describe('Share of the tokens of a window that are asked for'),
})
export type MaskedLmParams = z.output<typeof params>

type MaskedEstimator = 'lossNats' | 'perplexityExpMean' | 'top1'

/** Tokens behind masks. All values are weighted by asked tokens; `perplexityExpMean` is exp(mean loss). */
export const maskedLmMetric: Metric<typeof params> = {
  id: 'masked-lm',
  name: 'Masked language modelling',
  citation: 'Devlin et al. 2018, section 3.1: 15 % of the tokens, of which 80 % masked, 10 % replaced, 10 % left',
  params,
  presets: {},
  unit: 'window',
  needs: 'masked-windows',
  objective: 'masked',
  estimators: [
    { id: 'lossNats', name: 'Loss per masked token (nats)', better: 'lower' },
    { id: 'perplexityExpMean', name: 'Perplexity: exp of the mean loss', better: 'lower' },
    { id: 'top1', name: 'Top-1 accuracy', better: 'higher' },
  ],
}

export interface MaskRule {
  readonly share: number
  readonly seed: number
  /** What stands in place of a masked token. */
  readonly maskId: number
  /** Replacements are drawn from the ids below this. */
  readonly vocabularySize: number
}

/**
 * Chooses the tokens of one window that are asked for, max(1, round(share x askable)) of the places in `askable`, and writes into `ids` what the
 * model is shown there: 80 % masks, 10 % random ids, 10 % the token itself. Seed and number of the window alone decide. Returns the places.
 */
export function maskWindow(
  ids: { [index: number]: number },
  askable: readonly number[],
  windowNumber: number,
  { share, seed, maskId, vocabularySize }: MaskRule,
): number[] {
  if (askable.length === 0) return []
  const random = createRandom(deriveSeed(seed, `masked-lm:${windowNumber}`))
  const asked = random.sample(askable.length, Math.max(1, Math.round(share * askable.length))).map((at) => askable[at]!)
  for (const place of asked) {
    const lot = random.uniform()
    if (lot < 0.8) ids[place] = maskId
    else if (lot < 0.9) ids[place] = random.integer(vocabularySize)
  }
  return asked
}

/**
 * Results of `masked-lm` over windows: 95 % intervals by percentile bootstrap over windows, seeded by `context.seed` (0 if null). Result
 * params add `maskedTokens` and, when windows differ, `maskedTokensByIndex`.
 */
export function summariseMaskedLm(
  windows: readonly WindowLosses[],
  { window, specialTokens, share }: MaskedLmParams,
  context: MetricContext,
): Record<MaskedEstimator, Result> {
  const { total, byIndex } = countAsked(windows)
  const counts = { maskedTokens: total, ...(byIndex === null ? {} : { maskedTokensByIndex: byIndex }) }
  return summariseLosses(windows, ['lossNats', 'perplexityExpMean', 'top1'], {
    ...context,
    seed: context.seed ?? 0,
    metric: maskedLmMetric.id,
    unit: maskedLmMetric.unit,
    params: { window, specialTokens, share, ...counts },
  })
}
