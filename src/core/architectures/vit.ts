import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
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
import { evenHeads, twoMatrixMlp } from './sublayers.ts'
import { TensorReader } from './tensor-reader.ts'

/** Pixels or patches along a side. */
const sideSchema = z.number().int().positive().max(16_384)
const sizeSchema = z.union([sideSchema, z.tuple([sideSchema, sideSchema])])

const configSchema = z.object({
  hidden_size: countSchema,
  intermediate_size: countSchema,
  num_hidden_layers: layerCountSchema,
  num_attention_heads: countSchema,
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: epsilonSchema.default(1e-12),
  image_size: sizeSchema.default(224),
  patch_size: sizeSchema.default(16),
  num_channels: z.number().int().positive().max(16).default(3),
  qkv_bias: z.boolean().default(true),
  id2label: z.record(z.string(), z.string().max(1000)).default({ '0': 'LABEL_0', '1': 'LABEL_1' }),
})

/** Vision Transformer as a classifier of images: norms before each sublayer, patches through one matrix, a class token before them. */
export const vit: Architecture = {
  id: 'vit',
  name: 'ViT',
  citation: 'Dosovitskiy et al. 2020, An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale',
  layout(config, tensors) {
    const c = parseConfig(configSchema, config)
    const width = c.hidden_size
    const [height, imageWidth] = pair(c.image_size)
    const [patchHeight, patchWidth] = pair(c.patch_size)
    const patches =
      divide(height, patchHeight, 'image_size over patch_size') *
      divide(imageWidth, patchWidth, 'image_size over patch_size')
    const labels = labelsOf(c.id2label)
    const rows = patches + 1
    const reader = new TensorReader(tensors, ['vit.', ''], 'embeddings.cls_token')
    const projection = 'embeddings.patch_embeddings.projection'
    return {
      family: 'vit',
      objective: 'image',
      bidirectional: true,
      vocabularySize: labels.length,
      contextLength: rows,
      width,
      embedding: reader.tensor(`${projection}.weight`, [width, c.num_channels, patchHeight, patchWidth]),
      image: {
        channels: c.num_channels,
        height,
        width: imageWidth,
        patchHeight,
        patchWidth,
        bias: reader.tensor(`${projection}.bias`, [width]),
        classToken: reader.tensor('embeddings.cls_token', [1, 1, width]),
        labels,
      },
      positions: { kind: 'learned', table: reader.tensor('embeddings.position_embeddings', [1, rows, width]), rows },
      blocks: blocksOf(c, reader),
      finalNorm: reader.layerNorm('layernorm', width, c.layer_norm_eps),
      head: reader.head('classifier', width, labels.length, null, true),
      tiedHead: false,
    }
  },
}

function blocksOf(c: z.output<typeof configSchema>, reader: TensorReader): BlockLayout[] {
  const width = c.hidden_size
  const headWidth = divide(width, c.num_attention_heads, 'hidden_size over num_attention_heads')
  return Array.from({ length: c.num_hidden_layers }, (_, layer): BlockLayout => {
    const name = `encoder.layer.${layer}`
    const projected = (part: string) => reader.linear(`${name}.attention.attention.${part}`, width, width, c.qkv_bias)
    return {
      attentionNorm: reader.layerNorm(`${name}.layernorm_before`, width, c.layer_norm_eps),
      attention: {
        kind: 'attention',
        projections: {
          kind: 'separate',
          query: projected('query'),
          key: projected('key'),
          value: projected('value'),
        },
        output: reader.linear(`${name}.attention.output.dense`, width, width, true),
        ...evenHeads(headWidth, c.num_attention_heads),
      },
      mlpNorm: reader.layerNorm(`${name}.layernorm_after`, width, c.layer_norm_eps),
      mlp: twoMatrixMlp(
        readActivation('hidden_act', c.hidden_act),
        reader.linear(`${name}.intermediate.dense`, width, c.intermediate_size, true),
        reader.linear(`${name}.output.dense`, c.intermediate_size, width, true),
      ),
    }
  })
}

/** Height and width: a number means a square. */
function pair(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size
}

/** Names of classes in the order of the logits. */
function labelsOf(names: Readonly<Record<string, string>>): string[] {
  const count = Object.keys(names).length
  const labels = Array.from({ length: count }, (_, index) => names[String(index)])
  const missing = labels.indexOf(undefined)
  if (count > 0 && missing === -1) return labels as string[]
  throw new SnipError('bad-model', `config.json: id2label names no class ${Math.max(0, missing)}`, {
    remedy: 'Use the config.json that was published with these weights.',
  })
}
