import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
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
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = z.object({
  hidden_size: countSchema,
  intermediate_size: countSchema.nullish(),
  num_layers: layerCountSchema,
  num_heads: countSchema,
  activation_function: z.string().default('gelu_new'),
  attention_types: z
    .array(z.tuple([z.array(z.string()).min(1).max(10_000), z.number().int().nonnegative().max(10_000)]))
    .max(10_000)
    .default([[['global', 'local'], 12]]),
  window_size: countSchema.default(256),
  max_position_embeddings: countSchema.default(2048),
  layer_norm_epsilon: epsilonSchema.default(1e-5),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(true),
})

/** GPT-Neo: a GPT-2 with separate projections stored [outputs, inputs], unscaled scores, and a window in every other layer. */
export const gptNeo: Architecture = {
  id: 'gpt_neo',
  name: 'GPT-Neo',
  citation: 'Black et al. 2021, GPT-Neo: Large Scale Autoregressive Language Modeling with Mesh-Tensorflow',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const width = c.hidden_size
    const inner = c.intermediate_size ?? 4 * width
    const headWidth = divide(width, c.num_heads, 'hidden_size over num_heads')
    const kinds = attentionKinds(c.attention_types, c.num_layers)
    const reader = new TensorReader(tensors, ['transformer.', ''], 'wte.weight')
    const norm = (name: string) => reader.layerNorm(name, width, c.layer_norm_epsilon)
    const blocks = kinds.map((kind, layer): BlockLayout => {
      const attention = `h.${layer}.attn.attention`
      return {
        attentionNorm: norm(`h.${layer}.ln_1`),
        attention: {
          kind: 'attention',
          projections: {
            kind: 'separate',
            query: reader.linear(`${attention}.q_proj`, width, width, false),
            key: reader.linear(`${attention}.k_proj`, width, width, false),
            value: reader.linear(`${attention}.v_proj`, width, width, false),
          },
          output: reader.linear(`${attention}.out_proj`, width, width, true),
          ...evenHeads(headWidth, c.num_heads),
          scale: 1,
          ...(kind === 'local' && c.window_size < c.max_position_embeddings ? { window: c.window_size } : {}),
        },
        mlpNorm: norm(`h.${layer}.ln_2`),
        mlp: twoMatrixMlp(
          readActivation('activation_function', c.activation_function),
          reader.linear(`h.${layer}.mlp.c_fc`, width, inner, true),
          reader.linear(`h.${layer}.mlp.c_proj`, inner, width, true),
        ),
      }
    })
    const rows = c.max_position_embeddings
    const embedding = reader.tensor('wte.weight', [c.vocab_size, width])
    return {
      family: 'gpt_neo',
      vocabularySize: c.vocab_size,
      contextLength: rows,
      width,
      embedding,
      positions: { kind: 'learned', table: reader.tensor('wpe.weight', [rows, width]), rows },
      blocks,
      finalNorm: norm('ln_f'),
      head: reader.head('lm_head', width, c.vocab_size, c.tie_word_embeddings ? embedding : null),
      tiedHead: c.tie_word_embeddings,
    }
  },
}

/** The kind of each layer's attention from patterns and how often each is repeated. */
function attentionKinds(types: readonly (readonly [readonly string[], number])[], layers: number): string[] {
  const kinds: string[] = []
  for (const [pattern, times] of types) {
    for (let i = 0; i < times && kinds.length <= layers; i++) kinds.push(...pattern)
  }
  for (const kind of kinds) if (kind !== 'global' && kind !== 'local') refuse('attention_types', kind)
  if (kinds.length !== layers) {
    throw new SnipError('bad-model', `config.json: attention_types does not name ${layers} layers`, {
      remedy: 'Use the config.json that was published with these weights.',
    })
  }
  return kinds
}
