import { z } from 'zod'
import {
  countSchema,
  divide,
  epsilonSchema,
  layerCountSchema,
  parseConfig,
  readActivation,
  type Architecture,
} from './architecture.ts'
import type { BlockLayout } from './layout.ts'
import { ropeConfig, rotaryPositions } from './rotary.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = z.object({
  ...ropeConfig,
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  hidden_act: z.string().default('gelu'),
  max_position_embeddings: countSchema.default(2048),
  layer_norm_eps: epsilonSchema.default(1e-5),
  rotary_emb_base: z.number().positive().default(10000),
  rotary_pct: z.number().positive().max(1).default(0.25),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(false),
})

/** GPT-NeoX and Pythia: partly rotary heads, a projection fused head by head, sublayers side by side or one after the other. */
export const gptNeox: Architecture = {
  id: 'gpt_neox',
  name: 'GPT-NeoX',
  citation: 'Black et al. 2022, GPT-NeoX-20B: An Open-Source Autoregressive Language Model',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const width = c.hidden_size
    const headCount = c.num_attention_heads
    const headWidth = divide(width, headCount, 'hidden_size over num_attention_heads')
    const reader = new TensorReader(tensors, ['gpt_neox.', ''], 'embed_in.weight')
    const norm = (name: string) => reader.layerNorm(name, width, c.layer_norm_eps)
    const blocks: BlockLayout[] = []
    for (let layer = 0; layer < c.num_hidden_layers; layer++) {
      const name = `layers.${layer}`
      blocks.push({
        attentionNorm: norm(`${name}.input_layernorm`),
        attention: {
          kind: 'attention',
          projections: {
            kind: 'fused',
            linear: reader.linear(`${name}.attention.query_key_value`, width, 3 * width, c.attention_bias),
            order: 'heads',
          },
          output: reader.linear(`${name}.attention.dense`, width, width, c.attention_bias),
          ...evenHeads(headWidth, headCount),
        },
        mlpNorm: norm(`${name}.post_attention_layernorm`),
        mlp: twoMatrixMlp(
          readActivation('hidden_act', c.hidden_act),
          reader.linear(`${name}.mlp.dense_h_to_4h`, width, c.intermediate_size, true),
          reader.linear(`${name}.mlp.dense_4h_to_h`, c.intermediate_size, width, true),
        ),
        ...(c.use_parallel_residual ? { parallel: true } : {}),
      })
    }
    const embedding = reader.tensor('embed_in.weight', [c.vocab_size, width])
    return {
      family: 'gpt_neox',
      vocabularySize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      width,
      embedding,
      positions: rotaryPositions(c, headWidth, c.rotary_emb_base, c.rotary_pct),
      blocks,
      finalNorm: norm('final_layer_norm'),
      head: reader.head('embed_out', width, c.vocab_size, c.tie_word_embeddings ? embedding : null),
      tiedHead: c.tie_word_embeddings,
    }
  },
}
