import { z } from 'zod'
import { requireTensor, type TensorIndex } from '../onnx/tensor-index.ts'
import {
  countSchema,
  divide,
  epsilonSchema,
  layerCountSchema,
  parseConfig,
  readActivation,
  type Architecture,
} from './architecture.ts'
import type { BlockLayout, Linear, ModelLayout, Norm } from './layout.ts'
import { inverseFrequencies, ropeParametersSchema, ropeScalingSchema } from './rotary.ts'

const configSchema = z.object({
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  num_key_value_heads: countSchema.nullish(),
  head_dim: countSchema.nullish(),
  hidden_act: z.string().default('silu'),
  max_position_embeddings: countSchema.default(2048),
  rms_norm_eps: epsilonSchema.default(1e-6),
  rope_theta: z.number().positive().default(10000),
  rope_scaling: ropeScalingSchema,
  rope_parameters: ropeParametersSchema,
  vocab_size: countSchema,
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
})

/** Llama: rotary positions, RMSNorm before each sublayer, gated MLP, grouped-query attention. */
export const llama: Architecture = {
  id: 'llama',
  name: 'Llama',
  citation: 'Touvron et al. 2023, LLaMA: Open and Efficient Foundation Language Models',
  layout(config, tensors) {
    return llamaLayout(parseConfig(configSchema, config), tensors)
  },
}

function llamaLayout(c: z.output<typeof configSchema>, tensors: TensorIndex): ModelLayout {
  const width = c.hidden_size
  const headCount = c.num_attention_heads
  const keyValueHeadCount = c.num_key_value_heads ?? headCount
  const headWidth = c.head_dim ?? divide(width, headCount, 'hidden_size over num_attention_heads')
  divide(headWidth, 2, 'head width over 2, for rotary positions')
  const group = divide(headCount, keyValueHeadCount, 'num_attention_heads over num_key_value_heads')
  const prefix = tensors.has('embed_tokens.weight') ? '' : 'model.'

  const tensor = (name: string, shape: number[]) => requireTensor(tensors, prefix + name, shape).name
  const linear = (name: string, inputs: number, outputs: number, biased: boolean): Linear => ({
    weight: tensor(`${name}.weight`, [outputs, inputs]),
    bias: biased ? tensor(`${name}.bias`, [outputs]) : null,
    order: 'out-in',
    inputs,
    outputs,
  })
  const norm = (name: string): Norm => ({
    kind: 'rms',
    weight: tensor(`${name}.weight`, [width]),
    bias: null,
    epsilon: c.rms_norm_eps,
  })
  const blocks: BlockLayout[] = []
  for (let layer = 0; layer < c.num_hidden_layers; layer++) {
    const attention = `layers.${layer}.self_attn`
    const mlp = `layers.${layer}.mlp`
    blocks.push({
      attentionNorm: norm(`layers.${layer}.input_layernorm`),
      attention: {
        kind: 'attention',
        projections: {
          kind: 'separate',
          query: linear(`${attention}.q_proj`, width, headCount * headWidth, c.attention_bias),
          key: linear(`${attention}.k_proj`, width, keyValueHeadCount * headWidth, c.attention_bias),
          value: linear(`${attention}.v_proj`, width, keyValueHeadCount * headWidth, c.attention_bias),
        },
        output: linear(`${attention}.o_proj`, headCount * headWidth, width, c.attention_bias),
        headWidth,
        headCount,
        keyValueHeadCount,
        keyValueOfHead: Array.from({ length: headCount }, (_, head) => Math.floor(head / group)),
        scale: 1 / Math.sqrt(headWidth),
        keptColumns: null,
      },
      mlpNorm: norm(`layers.${layer}.post_attention_layernorm`),
      mlp: {
        kind: 'mlp',
        activation: readActivation('hidden_act', c.hidden_act),
        gate: linear(`${mlp}.gate_proj`, width, c.intermediate_size, c.mlp_bias),
        up: linear(`${mlp}.up_proj`, width, c.intermediate_size, c.mlp_bias),
        down: linear(`${mlp}.down_proj`, c.intermediate_size, width, c.mlp_bias),
      },
    })
  }
  const embedding = tensor('embed_tokens.weight', [c.vocab_size, width])
  const head = c.tie_word_embeddings ? embedding : requireTensor(tensors, 'lm_head.weight', [c.vocab_size, width]).name
  return {
    family: 'llama',
    vocabularySize: c.vocab_size,
    contextLength: c.max_position_embeddings,
    width,
    embedding,
    positions: {
      kind: 'rotary',
      inverseFrequencies: inverseFrequencies(
        headWidth,
        c.rope_parameters?.rope_theta ?? c.rope_theta,
        c.rope_parameters ?? c.rope_scaling,
      ),
      rotaryWidth: headWidth,
    },
    blocks,
    finalNorm: norm('norm'),
    head: { weight: head, bias: null, order: 'out-in', inputs: width, outputs: c.vocab_size },
    tiedHead: c.tie_word_embeddings,
  }
}
