import { z } from 'zod'
import { countSchema, divide, epsilonSchema, layerCountSchema, readActivation, refuse } from './architecture.ts'
import type { BlockLayout, ModelLayout, Norm } from './layout.ts'
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import type { TensorReader } from './tensor-reader.ts'

/** The keys of config.json that BERT and its descendants share. */
export const encoderConfigSchema = z.object({
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  max_position_embeddings: countSchema.default(512),
  type_vocab_size: countSchema.default(2),
  layer_norm_eps: epsilonSchema.default(1e-12),
  hidden_act: z.string().default('gelu'),
  position_embedding_type: z.string().default('absolute'),
  is_decoder: z.boolean().default(false),
  add_cross_attention: z.boolean().default(false),
  vocab_size: countSchema,
  tie_word_embeddings: z.boolean().default(true),
})
export type EncoderConfig = z.output<typeof encoderConfigSchema>

/** Refuses what turns an encoder into something else. */
export function refuseOtherEncoders(c: EncoderConfig): void {
  if (c.is_decoder) refuse('is_decoder', true)
  if (c.add_cross_attention) refuse('add_cross_attention', true)
  if (c.position_embedding_type !== 'absolute') refuse('position_embedding_type', c.position_embedding_type)
}

/** A LayerNorm whose weight and bias the first published checkpoints call gamma and beta. */
export function encoderNorm(reader: TensorReader, name: string, width: number, epsilon: number): Norm {
  if (!reader.has(`${name}.gamma`)) return reader.layerNorm(name, width, epsilon)
  const weight = reader.tensor(`${name}.gamma`, [width])
  return { kind: 'layer', weight, bias: reader.tensor(`${name}.beta`, [width]), epsilon }
}

/** Blocks with a norm on each sum (Devlin et al. 2018). */
export function postNormBlocks(c: EncoderConfig, reader: TensorReader): BlockLayout[] {
  const width = c.hidden_size
  const headWidth = divide(width, c.num_attention_heads, 'hidden_size over num_attention_heads')
  return Array.from({ length: c.num_hidden_layers }, (_, layer): BlockLayout => {
    const name = `encoder.layer.${layer}`
    const linear = (part: string, inputs: number, outputs: number) =>
      reader.linear(`${name}.${part}`, inputs, outputs, true)
    return {
      attentionNorm: null,
      attention: {
        kind: 'attention',
        projections: {
          kind: 'separate',
          query: linear('attention.self.query', width, width),
          key: linear('attention.self.key', width, width),
          value: linear('attention.self.value', width, width),
        },
        output: linear('attention.output.dense', width, width),
        ...evenHeads(headWidth, c.num_attention_heads),
      },
      attentionResidualNorm: encoderNorm(reader, `${name}.attention.output.LayerNorm`, width, c.layer_norm_eps),
      mlpNorm: null,
      mlp: twoMatrixMlp(
        readActivation('hidden_act', c.hidden_act),
        linear('intermediate.dense', width, c.intermediate_size),
        linear('output.dense', c.intermediate_size, width),
      ),
      mlpResidualNorm: encoderNorm(reader, `${name}.output.LayerNorm`, width, c.layer_norm_eps),
    }
  })
}

type Trunk = Omit<ModelLayout, 'family' | 'contextLength' | 'positions' | 'headTransform' | 'head'>

/** All of a masked language model but its positions and its head. The pooler of published checkpoints is not read. */
export function encoderTrunk(c: EncoderConfig, reader: TensorReader): Trunk {
  const width = c.hidden_size
  const table = reader.tensor('embeddings.token_type_embeddings.weight', [c.type_vocab_size, width])
  return {
    objective: 'masked',
    bidirectional: true,
    vocabularySize: c.vocab_size,
    width,
    embedding: reader.tensor('embeddings.word_embeddings.weight', [c.vocab_size, width]),
    tokenTypes: { table, rows: c.type_vocab_size },
    embeddingNorm: encoderNorm(reader, 'embeddings.LayerNorm', width, c.layer_norm_eps),
    blocks: postNormBlocks(c, reader),
    finalNorm: null,
    tiedHead: c.tie_word_embeddings,
  }
}
