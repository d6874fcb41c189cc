import { z } from 'zod'
import { refuse } from './architecture.ts'

/** `rope_scaling` as configs publish it; the kind stands under `rope_type` or, in older files, `type`. */
const scalingSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
})
export const ropeScalingSchema = scalingSchema.nullish()

/** `rope_parameters` of newer configs: the scaling, and the base that older ones write as `rope_theta`. */
export const ropeParametersSchema = scalingSchema.extend({ rope_theta: z.number().positive().optional() }).nullish()

/**
 * Rotary inverse frequencies, `width / 2` of them: base^(-2i/width) (Su et al. 2021, equation 15), scaled as
 * `rope_scaling` asks: `linear` divides all by the factor; `llama3` divides the low ones and blends between the two bounds.
 */
export function inverseFrequencies(width: number, base: number, scaling: z.output<typeof ropeScalingSchema>): number[] {
  const plain = Array.from({ length: width / 2 }, (_, i) => base ** ((-2 * i) / width))
  if (!scaling) return plain
  const kind = scaling.rope_type ?? scaling.type ?? 'default'
  if (kind === 'default') return plain
  const factor = scaling.factor
  if (kind === 'linear' && factor !== undefined) return plain.map((frequency) => frequency / factor)
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = scaling
  if (kind === 'llama3' && factor !== undefined && low !== undefined && high !== undefined && original !== undefined) {
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
