import { z } from 'zod'
import { epsilonSchema, parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'

const configSchema = z.object({
  ...llamaLineConfig,
  hidden_act: z.string().default('silu'),
  rms_norm_eps: epsilonSchema.default(1e-6),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
})

/** Llama: rotary positions, RMSNorm before each sublayer, gated MLP, grouped-query attention. */
export const llama: Architecture = {
  id: 'llama',
  name: 'Llama',
  citation: 'Touvron et al. 2023, LLaMA: Open and Efficient Foundation Language Models',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    return llamaLineLayout(
      {
        family: 'llama',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: c.mlp_bias },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
      },
      tensors,
    )
  },
}
