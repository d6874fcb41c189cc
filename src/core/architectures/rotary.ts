import { z } from 'zod'
import { divide, refuse } from './architecture.ts'
import type { Positions } from './layout.ts'

/** `rope_scaling` as configs publish it; the kind stands under `rope_type` or, in older files, `type`. */
const scalingSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().nullish(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().nullish(),
  attention_factor: z.number().positive().nullish(),
  beta_fast: z.number().positive().nullish(),
  beta_slow: z.number().positive().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().optional(),
})
export const ropeScalingSchema = scalingSchema.nullish()
export type RopeScaling = z.output<typeof ropeScalingSchema>

/** `rope_parameters` of newer configs: the scaling, and what older ones write beside it. */
export const ropeParametersSchema = scalingSchema
  .extend({
    rope_theta: z.number().positive().optional(),
    partial_rotary_factor: z.number().positive().max(1).optional(),
  })
  .nullish()

/** The keys of config.json that say how heads turn, in all spellings but the base's own. */
export const ropeConfig = {
  rope_scaling: ropeScalingSchema,
  rope_parameters: ropeParametersSchema,
  max_position_embeddings: z.number().positive(),
}

export interface RopeConfig {
  readonly rope_scaling?: RopeScaling
  readonly rope_parameters?: z.output<typeof ropeParametersSchema>
  readonly max_position_embeddings: number
}

type Rotary = Extract<Positions, { kind: 'rotary' }>

/**
 * Rotary positions of heads of `headWidth`, of which the part `partial` turns. `base` and `partial` are the config's, or the family's
 * defaults; `rope_parameters` has the last word. Throws `unsupported-model` for a scaling that is not known.
 */
export function rotaryPositions(c: RopeConfig, headWidth: number, base: number, partial = 1): Rotary {
  const parameters = c.rope_parameters
  for (const kind of ['full_attention', 'sliding_attention']) {
    if (parameters && kind in parameters) refuse('rope_parameters', { [kind]: parameters[kind] })
  }
  const part = parameters?.partial_rotary_factor ?? partial
  const rotaryWidth = Math.floor(headWidth * part)
  divide(rotaryWidth, 2, 'head width over 2, for rotary positions')
  return turningBy(rotaryWidth, parameters?.rope_theta ?? base, parameters ?? c.rope_scaling, c.max_position_embeddings)
}

/** Rotary positions over the first `width` dimensions of each head. */
export function turningBy(width: number, base: number, scaling: RopeScaling, contextLength: number): Rotary {
  const frequencies = inverseFrequencies(width, base, scaling, contextLength)
  const attentionScale = attentionScaleOf(scaling, contextLength)
  return {
    kind: 'rotary',
    inverseFrequencies: frequencies,
    rotaryWidth: width,
    ...(attentionScale === 1 ? {} : { attentionScale }),
  }
}

/**
 * Rotary inverse frequencies, `width / 2` of them: base^(-2i/width) (Su et al. 2021, equation 15), scaled as
 * `rope_scaling` asks: `linear` divides all by the factor; `llama3` divides the low ones and blends between the two bounds; `yarn`
 * (Peng et al. 2023, section 3.2) blends by the number of turns within the original context, by default the whole context.
 */
export function inverseFrequencies(width: number, base: number, scaling: RopeScaling, contextLength: number): number[] {
  const plain = Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width))
  if (!scaling) return plain
  const kind = kindOf(scaling)
  if (kind === 'default') return plain
  if (kind === 'yarn') {
    const factor = yarnFactor(scaling, contextLength)
    const isInterpolated = yarnRamp(width, base, scaling, contextLength)
    return plain.map((frequency, i) => {
      const share = isInterpolated(i)
      return (frequency / factor) * share + frequency * (1 - share)
    })
  }
  const { factor } = scaling
  if (factor === undefined || factor === null) return refuse('rope_scaling', scaling)
  if (kind === 'linear') return plain.map((frequency) => frequency / factor)
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = scaling
  if (kind === 'llama3' && low !== undefined && high !== undefined && original) {
    return plain.map((frequency) => {
      const wavelength = (2 * Math.PI) / frequency
      if (wavelength < original / high) return frequency
      if (wavelength > original / low) return frequency / factor
      const smooth = (original / wavelength - low) / (high - low)
      return ((1 - smooth) * frequency) / factor + smooth * frequency
    })
  }
  return refuse('rope_scaling', scaling)
}

function kindOf(scaling: NonNullable<RopeScaling>): string {
  return scaling.rope_type ?? scaling.type ?? 'default'
}

/** How much of dimension pair i is divided by the factor: 0 below the fast bound, 1 above the slow one. */
function yarnRamp(width: number, base: number, scaling: NonNullable<RopeScaling>, contextLength: number) {
  const original = scaling.original_max_position_embeddings ?? contextLength
  const pairThatTurns = (times: number) => (width * Math.log(original / (times * 2 * Math.PI))) / (2 * Math.log(base))
  const isWhole = scaling.truncate ?? true
  const fast = pairThatTurns(scaling.beta_fast ?? 32)
  const slow = pairThatTurns(scaling.beta_slow ?? 1)
  const low = Math.max(isWhole ? Math.floor(fast) : fast, 0)
  const high = Math.min(isWhole ? Math.ceil(slow) : slow, width - 1)
  const span = high === low ? 0.001 : high - low
  return (i: number) => Math.min(1, Math.max(0, (i - low) / span))
}

function yarnFactor(scaling: NonNullable<RopeScaling>, contextLength: number): number {
  const { factor, original_max_position_embeddings: original } = scaling
  if (factor) return factor
  return original ? contextLength / original : refuse('rope_scaling', scaling)
}

/** What YaRN multiplies cosines and sines by: 0.1 ln(factor) + 1, unless the config says otherwise. */
function attentionScaleOf(scaling: RopeScaling, contextLength: number): number {
  if (!scaling || kindOf(scaling) !== 'yarn') return 1
  if (scaling.attention_factor) return scaling.attention_factor
  const factor = yarnFactor(scaling, contextLength)
  const growth = (strength: number) => (factor <= 1 ? 1 : 0.1 * strength * Math.log(factor) + 1)
  const { mscale, mscale_all_dim: mscaleAll } = scaling
  return mscale && mscaleAll ? growth(mscale) / growth(mscaleAll) : growth(1)
}
