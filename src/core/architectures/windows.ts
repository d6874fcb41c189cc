import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { countSchema, refuse } from './architecture.ts'

/** Kinds of attention per layer, as newer configs list them. */
export const layerTypesSchema = z.array(z.string()).max(10_000).nullish()
export const slidingWindowSchema = countSchema.nullish()

/** What a config says of its sliding windows. */
export interface WindowRule {
  readonly layers: number
  readonly contextLength: number
  readonly layerTypes: z.output<typeof layerTypesSchema>
  /** Tokens that a layer with a window sees; null when there is none. */
  readonly window: number | null
  /** Which layers have a window where `layer_types` is not given. */
  isSliding(layer: number): boolean
}

/** The window of each layer; none where all positions are seen, also because the window is as long as the context. */
export function layerWindows(rule: WindowRule): { readonly window?: number }[] {
  const { layers, layerTypes, window, contextLength } = rule
  if (layerTypes && layerTypes.length !== layers) {
    throw new SnipError('bad-model', `config.json: layer_types names ${layerTypes.length} layers of ${layers}`, {
      remedy: 'Use the config.json that was published with these weights.',
    })
  }
  return Array.from({ length: layers }, (_, layer) => {
    const type = layerTypes?.[layer]
    if (type !== undefined && type !== 'full_attention' && type !== 'sliding_attention') refuse('layer_types', type)
    const isSliding = type === undefined ? rule.isSliding(layer) : type === 'sliding_attention'
    if (isSliding && type !== undefined && window === null) refuse('sliding_window', window)
    return isSliding && window !== null && window < contextLength ? { window } : {}
  })
}
