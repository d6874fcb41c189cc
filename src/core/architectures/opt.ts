import { z } from 'zod'
import {
  countSchema,
  divide,
  layerCountSchema,
  parseConfig,
  readActivation,
  refuse,
  type Architecture,
} from './architecture.ts'
import type { BlockLayout, ModelLayout, Norm } from './layout.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

const configSchema = z.object({
  hidden_size: countSchema,
  ffn_dim: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  max_position_embeddings: countSchema.default(2048),
  activation_function: z.string().default('relu'),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  enable_bias: z.boolean().default(true),
  layer_norm_elementwise_affine: z.boolean().default(true),
  word_embed_proj_dim: countSchema.nullish(),
  learned_embeddings: z.boolean().default(true),
  scale_embeddings: z.boolean().default(false),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(true),
})

/** No config key names it. */
const epsilon = 1e-5
/** The table of positions begins with rows that no token uses. */
const positionOffset = 2

/**
 * OPT and Galactica: learned positions; norms before each sublayer or, in the 350m model, on each sum; that model's embeddings are narrower
 * than its layers; Galactica has no biases.
 */
export const opt: Architecture = {
  id: 'opt',
  name: 'OPT',
  citation: 'Zhang et al. 2022, OPT: Open Pre-trained Transformer Language Models',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    if (c.scale_embeddings) refuse('scale_embeddings', true)
    if (!c.learned_embeddings) refuse('learned_embeddings', false)
    const width = c.hidden_size
    const isBefore = c.do_layer_norm_before
    const headWidth = divide(width, c.num_attention_heads, 'hidden_size over num_attention_heads')
    const reader = new TensorReader(tensors, ['model.decoder.', 'decoder.', ''], 'embed_tokens.weight')
    const norm = (name: string): Norm => {
      if (c.layer_norm_elementwise_affine) return reader.layerNorm(name, width, epsilon)
      return { kind: 'layer', weight: null, bias: null, epsilon }
    }
    const blocks: BlockLayout[] = []
    for (let layer = 0; layer < c.num_hidden_layers; layer++) {
      const name = `layers.${layer}`
      const linear = (part: string, inputs: number, outputs: number) =>
        reader.linear(`${name}.${part}`, inputs, outputs, c.enable_bias)
      const attentionNorm = norm(`${name}.self_attn_layer_norm`)
      const mlpNorm = norm(`${name}.final_layer_norm`)
      blocks.push({
        attentionNorm: isBefore ? attentionNorm : null,
        attention: {
          kind: 'attention',
          projections: {
            kind: 'separate',
            query: linear('self_attn.q_proj', width, width),
            key: linear('self_attn.k_proj', width, width),
            value: linear('self_attn.v_proj', width, width),
          },
          output: linear('self_attn.out_proj', width, width),
          ...evenHeads(headWidth, c.num_attention_heads),
        },
        mlpNorm: isBefore ? mlpNorm : null,
        mlp: twoMatrixMlp(
          readActivation('activation_function', c.activation_function),
          linear('fc1', width, c.ffn_dim),
          linear('fc2', c.ffn_dim, width),
        ),
        ...(isBefore ? {} : { attentionResidualNorm: attentionNorm, mlpResidualNorm: mlpNorm }),
      })
    }
    return {
      family: 'opt',
      vocabularySize: c.vocab_size,
      contextLength: c.max_position_embeddings,
      width,
      ...embeddings(c, reader),
      blocks,
      finalNorm: isBefore && !c._remove_final_layer_norm ? norm('final_layer_norm') : null,
      tiedHead: c.tie_word_embeddings,
    }
  },
}

type Embeddings = 'embedding' | 'embeddingProjection' | 'positions' | 'outputProjection' | 'head'

function embeddings(c: z.output<typeof configSchema>, reader: TensorReader): Pick<ModelLayout, Embeddings> {
  const width = c.hidden_size
  const columns = c.word_embed_proj_dim ?? width
  const rows = c.max_position_embeddings + positionOffset
  const embedding = reader.tensor('embed_tokens.weight', [c.vocab_size, columns])
  const isProjected = columns !== width
  return {
    embedding,
    ...(isProjected ? { embeddingProjection: reader.linear('project_in', columns, width, false) } : {}),
    positions: {
      kind: 'learned',
      table: reader.tensor('embed_positions.weight', [rows, width]),
      rows,
      offset: positionOffset,
    },
    ...(isProjected ? { outputProjection: reader.linear('project_out', width, columns, false) } : {}),
    head: reader.head('lm_head', columns, c.vocab_size, c.tie_word_embeddings ? embedding : null),
  }
}
