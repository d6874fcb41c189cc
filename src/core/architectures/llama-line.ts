import { z } from 'zod'
import type { TensorIndex } from '../onnx/tensor-index.ts'
import { countSchema, divide, layerCountSchema } from './architecture.ts'
import type { Activation, AttentionLayout, BlockLayout, HeadNorm, ModelLayout, Norm, Positions } from './layout.ts'
import { ropeConfig } from './rotary.ts'
import { evenHeads } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

/** The keys of config.json that all descendants of Llama share. */
export const llamaLineConfig = {
  ...ropeConfig,
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  num_key_value_heads: countSchema.nullish(),
  head_dim: countSchema.nullish(),
  max_position_embeddings: countSchema.default(2048),
  rope_theta: z.number().positive().default(10000),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(false),
}

export interface LlamaLineSizes {
  readonly width: number
  readonly inner: number
  readonly layers: number
  readonly headCount: number
  readonly keyValueHeadCount: number
  readonly headWidth: number
  readonly vocabularySize: number
  readonly contextLength: number
}

/** The sizes that a config asks for; a head is width / heads wide where it does not say. */
export function llamaLineSizes(c: z.output<z.ZodObject<typeof llamaLineConfig>>): LlamaLineSizes {
  const headCount = c.num_attention_heads
  const keyValueHeadCount = c.num_key_value_heads ?? headCount
  divide(headCount, keyValueHeadCount, 'num_attention_heads over num_key_value_heads')
  return {
    width: c.hidden_size,
    inner: c.intermediate_size,
    layers: c.num_hidden_layers,
    headCount,
    keyValueHeadCount,
    headWidth: c.head_dim ?? divide(c.hidden_size, headCount, 'hidden_size over num_attention_heads'),
    vocabularySize: c.vocab_size,
    contextLength: c.max_position_embeddings,
  }
}

/** What one descendant of Llama does its own way. */
export interface LlamaLineTraits {
  readonly family: string
  readonly sizes: LlamaLineSizes
  readonly positions: Positions
  readonly activation: Activation
  readonly tied: boolean
  /** Which projections have a bias. */
  readonly biases: { readonly queryKeyValue: boolean; readonly output: boolean; readonly mlp: boolean }
  /** The norm of that name over some width. */
  readonly norm: (reader: TensorReader, name: string, width: number) => Norm
  /** Names of a layer's norms; before each sublayer and, in some families, on its output. */
  readonly normNames: {
    readonly attention: string | null
    readonly attentionOutput?: string
    readonly mlp: string | null
    readonly mlpOutput?: string
  }
  /** Norms of queries and keys. */
  readonly headNorms?: HeadNorm['over']
  /** What one layer's attention has of its own. */
  readonly attention?: (layer: number) => Partial<Pick<AttentionLayout, 'clip' | 'softCap' | 'window' | 'scale'>>
  readonly model?: Pick<ModelLayout, 'embeddingScale' | 'logitSoftCap'>
}

/** A decoder of the Llama line: rotary positions, grouped queries, separate projections, a gated MLP. */
export function llamaLineLayout(traits: LlamaLineTraits, tensors: TensorIndex): ModelLayout {
  const { family, sizes, positions, activation, tied } = traits
  const { width, vocabularySize, contextLength } = sizes
  const reader = new TensorReader(tensors, ['model.', ''], 'embed_tokens.weight')
  const norm = (name: string) => traits.norm(reader, name, width)
  const { normNames } = traits
  const blocks: BlockLayout[] = []
  for (let layer = 0; layer < sizes.layers; layer++) {
    const named = (name: string) => norm(`layers.${layer}.${name}`)
    const mlp = `layers.${layer}.mlp`
    blocks.push({
      attentionNorm: normNames.attention === null ? null : named(normNames.attention),
      attention: attentionOf(traits, reader, layer),
      ...(normNames.attentionOutput === undefined ? {} : { attentionOutputNorm: named(normNames.attentionOutput) }),
      mlpNorm: normNames.mlp === null ? null : named(normNames.mlp),
      mlp: {
        kind: 'mlp',
        activation,
        gate: reader.linear(`${mlp}.gate_proj`, width, sizes.inner, traits.biases.mlp),
        up: reader.linear(`${mlp}.up_proj`, width, sizes.inner, traits.biases.mlp),
        down: reader.linear(`${mlp}.down_proj`, sizes.inner, width, traits.biases.mlp),
      },
      ...(normNames.mlpOutput === undefined ? {} : { mlpOutputNorm: named(normNames.mlpOutput) }),
    })
  }
  const embedding = reader.tensor('embed_tokens.weight', [vocabularySize, width])
  return {
    family,
    vocabularySize,
    contextLength,
    width,
    embedding,
    positions,
    blocks,
    finalNorm: norm('norm'),
    head: reader.head('lm_head', width, vocabularySize, tied ? embedding : null),
    tiedHead: tied,
    ...traits.model,
  }
}

function attentionOf(traits: LlamaLineTraits, reader: TensorReader, layer: number): AttentionLayout {
  const { sizes, biases, headNorms } = traits
  const { width, headCount, keyValueHeadCount, headWidth } = sizes
  const name = `layers.${layer}.self_attn`
  const query = headCount * headWidth
  const keyValue = keyValueHeadCount * headWidth
  const headNorm = (which: 'q_norm' | 'k_norm', allHeads: number): HeadNorm => ({
    norm: traits.norm(reader, `${name}.${which}`, headNorms === 'head' ? headWidth : allHeads),
    over: headNorms!,
  })
  return {
    kind: 'attention',
    projections: {
      kind: 'separate',
      query: reader.linear(`${name}.q_proj`, width, query, biases.queryKeyValue),
      key: reader.linear(`${name}.k_proj`, width, keyValue, biases.queryKeyValue),
      value: reader.linear(`${name}.v_proj`, width, keyValue, biases.queryKeyValue),
    },
    output: reader.linear(`${name}.o_proj`, query, width, biases.output),
    ...evenHeads(headWidth, headCount, keyValueHeadCount),
    ...(headNorms === undefined ? {} : { queryNorm: headNorm('q_norm', query), keyNorm: headNorm('k_norm', keyValue) }),
    ...traits.attention?.(layer),
  }
}
