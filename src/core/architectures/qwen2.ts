import { z } from 'zod'
import { countSchema, epsilonSchema, parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes, type LlamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'
import { layerTypesSchema, layerWindows, slidingWindowSchema } from './windows.ts'

/** The keys of config.json that Qwen2 and Qwen3 share. */
export const qwenConfig = {
  ...llamaLineConfig,
  num_key_value_heads: countSchema.nullable().default(32),
  max_position_embeddings: countSchema.default(32_768),
  hidden_act: z.string().default('silu'),
  rms_norm_eps: epsilonSchema.default(1e-6),
  use_sliding_window: z.boolean().default(false),
  sliding_window: slidingWindowSchema.default(4096),
  max_window_layers: z.number().int().nonnegative().default(28),
  layer_types: layerTypesSchema,
}

/** The first `max_window_layers` layers see all; the others a window, when `use_sliding_window` says so. */
export function qwenWindows(c: z.output<z.ZodObject<typeof qwenConfig>>, sizes: LlamaLineSizes) {
  return layerWindows({
    ...sizes,
    layerTypes: c.layer_types,
    window: c.use_sliding_window ? (c.sliding_window ?? null) : null,
    isSliding: (layer) => layer >= c.max_window_layers,
  })
}

const configSchema = z.object(qwenConfig)

/** Qwen2: a Llama with biases on query, key and value, and a sliding window in its later layers. */
export const qwen2: Architecture = {
  id: 'qwen2',
  name: 'Qwen2',
  citation: 'Yang et al. 2024, Qwen2 Technical Report',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    const windows = qwenWindows(c, sizes)
    return llamaLineLayout(
      {
        family: 'qwen2',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: true, output: false, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
        attention: (layer) => windows[layer]!,
      },
      tensors,
    )
  },
}
