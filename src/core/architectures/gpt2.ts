import { z } from 'zod'
import { requireTensor } from '../onnx/tensor-index.ts'
import {
  countSchema,
  divide,
  epsilonSchema,
  layerCountSchema,
  parseConfig,
  readActivation,
  refuse,
  type Architecture,
} from './architecture.ts'
import type { BlockLayout, Linear, Norm } from './layout.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'

const configSchema = z.object({
  n_embd: countSchema,
  n_head: countSchema,
  n_layer: layerCountSchema,
  n_inner: countSchema.nullish(),
  n_positions: countSchema.default(1024),
  vocab_size: countSchema,
  activation_function: z.string().default('gelu_new'),
  layer_norm_epsilon: epsilonSchema.default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(true),
})

/** GPT-2: learned positions, LayerNorm before each sublayer, fused query-key-value, weights stored [inputs, outputs]. */
export const gpt2: Architecture = {
  id: 'gpt2',
  name: 'GPT-2',
  citation: 'Radford et al. 2019, Language Models are Unsupervised Multitask Learners',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    if (c.add_cross_attention) refuse('add_cross_attention', true)
    const width = c.n_embd
    const inner = c.n_inner ?? 4 * width
    const headWidth = divide(width, c.n_head, 'n_embd over n_head')
    const prefix = tensors.has('wte.weight') ? '' : 'transformer.'

    const tensor = (name: string, shape: number[]) => requireTensor(tensors, prefix + name, shape).name
    const conv1d = (name: string, inputs: number, outputs: number): Linear => ({
      weight: tensor(`${name}.weight`, [inputs, outputs]),
      bias: tensor(`${name}.bias`, [outputs]),
      order: 'in-out',
      inputs,
      outputs,
    })
    const norm = (name: string): Norm => ({
      kind: 'layer',
      weight: tensor(`${name}.weight`, [width]),
      bias: tensor(`${name}.bias`, [width]),
      epsilon: c.layer_norm_epsilon,
    })
    const blocks: BlockLayout[] = []
    for (let layer = 0; layer < c.n_layer; layer++) {
      const scale = c.scale_attn_weights ? 1 / Math.sqrt(headWidth) : 1
      blocks.push({
        attentionNorm: norm(`h.${layer}.ln_1`),
        attention: {
          kind: 'attention',
          projections: { kind: 'fused', linear: conv1d(`h.${layer}.attn.c_attn`, width, 3 * width) },
          output: conv1d(`h.${layer}.attn.c_proj`, width, width),
          ...evenHeads(headWidth, c.n_head),
          scale: c.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale,
        },
        mlpNorm: norm(`h.${layer}.ln_2`),
        mlp: twoMatrixMlp(
          readActivation('activation_function', c.activation_function),
          conv1d(`h.${layer}.mlp.c_fc`, width, inner),
          conv1d(`h.${layer}.mlp.c_proj`, inner, width),
        ),
      })
    }
    const embedding = tensor('wte.weight', [c.vocab_size, width])
    const head = c.tie_word_embeddings
      ? embedding
      : requireTensor(tensors, 'lm_head.weight', [c.vocab_size, width]).name
    return {
      family: 'gpt2',
      vocabularySize: c.vocab_size,
      contextLength: c.n_positions,
      width,
      embedding,
      positions: { kind: 'learned', table: tensor('wpe.weight', [c.n_positions, width]), rows: c.n_positions },
      blocks,
      finalNorm: norm('ln_f'),
      head: { weight: head, bias: null, order: 'out-in', inputs: width, outputs: c.vocab_size },
      tiedHead: c.tie_word_embeddings,
    }
  },
}
