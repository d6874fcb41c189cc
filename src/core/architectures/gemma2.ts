import { z } from 'zod'
import { countSchema, parseConfig, type Architecture } from './architecture.ts'
import { gemmaActivation, gemmaConfig, refuseBidirectional } from './gemma.ts'
import { llamaLineLayout, llamaLineSizes } from './llama-line.ts'
import { rotaryPositions } from './rotary.ts'
import { layerTypesSchema, layerWindows, slidingWindowSchema } from './windows.ts'

const cap = z.number().positive().nullable()
const configSchema = z.object({
  ...gemmaConfig,
  num_key_value_heads: countSchema.nullable().default(4),
  query_pre_attn_scalar: z.number().positive().default(256),
  attn_logit_softcapping: cap.default(50),
  final_logit_softcapping: cap.default(30),
  sliding_window: slidingWindowSchema.default(4096),
  layer_types: layerTypesSchema,
})

/** Gemma 2: norms on both sides of each sublayer, soft caps of scores and logits, a window in every other layer. */
export const gemma2: Architecture = {
  id: 'gemma2',
  name: 'Gemma 2',
  citation: 'Gemma Team 2024, Gemma 2: Improving Open Language Models at a Practical Size',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    refuseBidirectional(c)
    const sizes = llamaLineSizes(c)
    const windows = layerWindows({
      ...sizes,
      layerTypes: c.layer_types,
      window: c.sliding_window ?? null,
      isSliding: (layer) => layer % 2 === 0,
    })
    const softCap = c.attn_logit_softcapping
    const logitSoftCap = c.final_logit_softcapping
    return llamaLineLayout(
      {
        family: 'gemma2',
        sizes,
        positions: rotaryPositions(c, sizes.headWidth, c.rope_theta),
        activation: gemmaActivation(c),
        tied: c.tie_word_embeddings,
        biases: { queryKeyValue: c.attention_bias, output: c.attention_bias, mlp: false },
        norm: (reader, name, width) => reader.rmsNorm(name, width, c.rms_norm_eps, 'rms-plus-one'),
        normNames: {
          attention: 'input_layernorm',
          attentionOutput: 'post_attention_layernorm',
          mlp: 'pre_feedforward_layernorm',
          mlpOutput: 'post_feedforward_layernorm',
        },
        attention: (layer) => ({
          scale: 1 / Math.sqrt(c.query_pre_attn_scalar),
          ...(softCap === null ? {} : { softCap }),
          ...windows[layer]!,
        }),
        model: { embeddingScale: Math.sqrt(sizes.width), ...(logitSoftCap === null ? {} : { logitSoftCap }) },
      },
      tensors,
    )
  },
}
