import { z } from 'zod'
import { countSchema, epsilonSchema, parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'
import { layerTypesSchema, layerWindows, slidingWindowSchema } from './windows.ts'

const configSchema = z.object({
  ...llamaLineConfig,
  num_key_value_heads: countSchema.nullable().default(8),
  max_position_embeddings: countSchema.default(131_072),
  hidden_act: z.string().default('silu'),
  rms_norm_eps: epsilonSchema.default(1e-6),
  sliding_window: slidingWindowSchema.default(4096),
  layer_types: layerTypesSchema,
})

/** Mistral: a Llama whose layers see a sliding window. */
export const mistral: Architecture = {
  id: 'mistral',
  name: 'Mistral',
  citation: 'Jiang et al. 2023, Mistral 7B',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    const windows = layerWindows({
      ...sizes,
      layerTypes: c.layer_types,
      window: c.sliding_window ?? null,
      isSliding: () => true,
    })
    return llamaLineLayout(
      {
        family: 'mistral',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: false, output: false, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
        attention: (layer) => windows[layer]!,
      },
      tensors,
    )
  },
}
