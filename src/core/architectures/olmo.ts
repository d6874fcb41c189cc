import { z } from 'zod'
import { parseConfig, readActivation, type Architecture } from './architecture.ts'
import { llamaLineConfig, llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'

const configSchema = z.object({
  ...llamaLineConfig,
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  clip_qkv: z.number().positive().nullish(),
})

/** No config key names it. */
const epsilon = 1e-5

/** OLMo: a Llama whose layer norms have neither weights nor biases; queries, keys and values may be clipped. */
export const olmo: Architecture = {
  id: 'olmo',
  name: 'OLMo',
  citation: 'Groeneveld et al. 2024, OLMo: Accelerating the Science of Language Models',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const sizes = llamaLineSizes(c)
    const clip = c.clip_qkv ?? null
    return llamaLineLayout(
      {
        family: 'olmo',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: readActivation('hidden_act', c.hidden_act),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: false },
        norm: () => ({ kind: 'layer', weight: null, bias: null, epsilon }),
        normNames: { attention: 'input_layernorm', mlp: 'post_attention_layernorm' },
        attention: () => (clip === null ? {} : { clip }),
      },
      tensors,
    )
  },
}
