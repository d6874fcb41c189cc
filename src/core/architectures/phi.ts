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
import type { AttentionLayout, BlockLayout } from './layout.ts'
import { ropeConfig, rotaryPositions } from './rotary.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = z.object({
  ...ropeConfig,
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  num_key_value_heads: countSchema.nullish(),
  hidden_act: z.string().default('gelu_new'),
  max_position_embeddings: countSchema.default(2048),
  layer_norm_eps: epsilonSchema.default(1e-5),
  rope_theta: z.number().positive().default(10000),
  partial_rotary_factor: z.number().positive().max(1).default(0.5),
  qk_layernorm: z.boolean().default(false),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(false),
})

/** Phi-1, 1.5 and 2: attention and MLP side by side behind one norm, partly rotary heads, a head with a bias. */
export const phi: Architecture = {
  id: 'phi',
  name: 'Phi',
  citation: 'Li et al. 2023, Textbooks Are All You Need II: phi-1.5 technical report',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const width = c.hidden_size
    const headCount = c.num_attention_heads
    const keyValueHeadCount = c.num_key_value_heads ?? headCount
    const headWidth = divide(width, headCount, 'hidden_size over num_attention_heads')
    divide(headCount, keyValueHeadCount, 'num_attention_heads over num_key_value_heads')
    const reader = new TensorReader(tensors, ['model.', ''], 'embed_tokens.weight')
    const attention = (name: string): AttentionLayout => {
      const keyValue = keyValueHeadCount * headWidth
      const headNorm = (which: string) =>
        ({ norm: reader.layerNorm(`${name}.${which}`, headWidth, c.layer_norm_eps), over: 'head' }) as const
      return {
        kind: 'attention',
        projections: {
          kind: 'separate',
          query: reader.linear(`${name}.q_proj`, width, width, true),
          key: reader.linear(`${name}.k_proj`, width, keyValue, true),
          value: reader.linear(`${name}.v_proj`, width, keyValue, true),
        },
        output: reader.linear(`${name}.dense`, width, width, true),
        ...evenHeads(headWidth, headCount, keyValueHeadCount),
        ...(c.qk_layernorm ? { queryNorm: headNorm('q_layernorm'), keyNorm: headNorm('k_layernorm') } : {}),
      }
    }
    const blocks: BlockLayout[] = []
    for (let layer = 0; layer < c.num_hidden_layers; layer++) {
      const norm = reader.layerNorm(`layers.${layer}.input_layernorm`, width, c.layer_norm_eps)
      blocks.push({
        attentionNorm: norm,
        attention: attention(`layers.${layer}.self_attn`),
        mlpNorm: norm,
        mlp: twoMatrixMlp(
          readActivation('hidden_act', c.hidden_act),
          reader.linear(`layers.${layer}.mlp.fc1`, width, c.intermediate_size, true),
          reader.linear(`layers.${layer}.mlp.fc2`, c.intermediate_size, width, true),
        ),
        parallel: true,
      })
    }
    const embedding = reader.tensor('embed_tokens.weight', [c.vocab_size, width])
    return {
      family: 'phi',
      vocabularySize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      width,
      embedding,
      positions: rotaryPositions(c, headWidth, c.rope_theta, c.partial_rotary_factor),
      blocks,
      finalNorm: reader.layerNorm('final_layernorm', width, c.layer_norm_eps),
      head: reader.head('lm_head', width, c.vocab_size, c.tie_word_embeddings ? embedding : null, true),
      tiedHead: c.tie_word_embeddings,
    }
  },
}
