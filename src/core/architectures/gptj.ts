import { z } from 'zod'
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
import type { BlockLayout } from './layout.ts'
import { turningBy } from './rotary.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = z.object({
  n_embd: countSchema,
  n_head: countSchema,
  n_layer: layerCountSchema,
  n_inner: countSchema.nullish(),
  n_positions: countSchema.default(2048),
  rotary: z.boolean().default(true),
  rotary_dim: countSchema.nullable().default(64),
  activation_function: z.string().default('gelu_new'),
  layer_norm_epsilon: epsilonSchema.default(1e-5),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(false),
})

/** GPT-J: attention and MLP side by side behind one norm, neighbouring dimensions turn together, a head with a bias. */
export const gptj: Architecture = {
  id: 'gptj',
  name: 'GPT-J',
  citation: 'Wang and Komatsuzaki 2021, GPT-J-6B: A 6 Billion Parameter Autoregressive Language Model',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    if (!c.rotary) refuse('rotary', false)
    if (c.rotary_dim === null) return refuse('rotary_dim', null)
    const width = c.n_embd
    const inner = c.n_inner ?? 4 * width
    const headWidth = divide(width, c.n_head, 'n_embd over n_head')
    divide(c.rotary_dim, 2, 'rotary_dim over 2')
    if (c.rotary_dim > headWidth) refuse('rotary_dim', c.rotary_dim)
    const reader = new TensorReader(tensors, ['transformer.', ''], 'wte.weight')
    const blocks: BlockLayout[] = []
    for (let layer = 0; layer < c.n_layer; layer++) {
      const norm = reader.layerNorm(`h.${layer}.ln_1`, width, c.layer_norm_epsilon)
      const projection = (name: string) => reader.linear(`h.${layer}.attn.${name}`, width, width, false)
      blocks.push({
        attentionNorm: norm,
        attention: {
          kind: 'attention',
          projections: {
            kind: 'separate',
            query: projection('q_proj'),
            key: projection('k_proj'),
            value: projection('v_proj'),
          },
          output: projection('out_proj'),
          ...evenHeads(headWidth, c.n_head),
        },
        mlpNorm: norm,
        mlp: twoMatrixMlp(
          readActivation('activation_function', c.activation_function),
          reader.linear(`h.${layer}.mlp.fc_in`, width, inner, true),
          reader.linear(`h.${layer}.mlp.fc_out`, inner, width, true),
        ),
        parallel: true,
      })
    }
    const embedding = reader.tensor('wte.weight', [c.vocab_size, width])
    return {
      family: 'gptj',
      vocabularySize: c.vocab_size,
      contextLength: c.n_positions,
      width,
      embedding,
      positions: { ...turningBy(c.rotary_dim, 10_000, null, c.n_positions), style: 'interleaved' },
      blocks,
      finalNorm: reader.layerNorm('ln_f', width, c.layer_norm_epsilon),
      head: reader.head('lm_head', width, c.vocab_size, c.tie_word_embeddings ? embedding : null, true),
      tiedHead: c.tie_word_embeddings,
    }
  },
}
