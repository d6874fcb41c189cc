import { z } from 'zod'
import { epsilonSchema, parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'

const configSchema = z.object({
  ...llamaLineConfig,
  hidden_act: z.string().default('silu'),
  rms_norm_eps: epsilonSchema.default(1e-5),
  attention_bias: z.boolean().default(false),
})

/** OLMo 2: norms stand on the output of each sublayer instead of before it, and over the whole of queries and keys. */
export const olmo2: Architecture = {
  id: 'olmo2',
  name: 'OLMo 2',
  citation: 'Team OLMo 2024, 2 OLMo 2 Furious',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    return llamaLineLayout(
      {
        family: 'olmo2',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps),
        normNames: {
          attention: null,
          attentionOutput: 'post_attention_layernorm',
          mlp: null,
          mlpOutput: 'post_feedforward_layernorm',
        },
        headNorms: 'all-heads',
      },
      tensors,
    )
  },
}
