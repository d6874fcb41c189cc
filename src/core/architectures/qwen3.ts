import { z } from 'zod'
import { countSchema, parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { qwenConfig, qwenWindows } from './qwen2.ts'
import { rotaryPositions } from './rotary.ts'

const configSchema = z.object({
  ...qwenConfig,
  head_dim: countSchema.nullable().default(128),
  attention_bias: z.boolean().default(false),
})

/** Qwen3: a Qwen2 without biases whose queries and keys are normed head by head. */
export const qwen3: Architecture = {
  id: 'qwen3',
  name: 'Qwen3',
  citation: 'Yang et al. 2025, Qwen3 Technical Report',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    const windows = qwenWindows(c, sizes)
    return llamaLineLayout(
      {
        family: 'qwen3',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
        headNorms: 'head',
        attention: (layer) => windows[layer]!,
      },
      tensors,
    )
  },
}
