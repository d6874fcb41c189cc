import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import type { TensorIndex } from '../onnx/tensor-index.ts'
import { countSchema, epsilonSchema } from './architecture.ts'
import { checkLayout } from './layout-check.ts'
import type { ModelLayout } from './layout.ts'

const name = z.string().min(1).max(1000)
const index = z.number().int().nonnegative().max(10_000_000)
const activation = z.enum(['gelu', 'gelu-tanh', 'relu', 'silu'])
const linear = z.strictObject({
  weight: name,
  bias: name.nullable(),
  order: z.enum(['in-out', 'out-in']),
  inputs: countSchema,
  outputs: countSchema,
})
const norm = z.strictObject({
  kind: z.enum(['layer', 'rms', 'rms-plus-one']),
  weight: name.nullable(),
  bias: name.nullable(),
  epsilon: epsilonSchema,
})
const headNorm = z.strictObject({ norm, over: z.enum(['head', 'all-heads']) })
const removed = z.strictObject({ kind: z.literal('removed'), bias: name.nullable() })
const attention = z.strictObject({
  kind: z.literal('attention'),
  projections: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fused'), linear, order: z.enum(['blocks', 'heads']).exactOptional() }),
    z.strictObject({ kind: z.literal('separate'), query: linear, key: linear, value: linear }),
  ]),
  output: linear,
  headWidth: countSchema,
  headCount: countSchema,
  keyValueHeadCount: countSchema,
  keyValueOfHead: z.array(index),
  scale: z.number(),
  keptColumns: z.array(index).nullable(),
  queryNorm: headNorm.exactOptional(),
  keyNorm: headNorm.exactOptional(),
  clip: z.number().positive().exactOptional(),
  softCap: z.number().positive().exactOptional(),
  window: countSchema.exactOptional(),
})
const mlp = z.strictObject({
  kind: z.literal('mlp'),
  activation,
  gate: linear.nullable(),
  up: linear,
  down: linear,
})

/** A layout as exported files carry it in their metadata. */
export const layoutSchema = z.strictObject({
  family: name,
  objective: z.enum(['causal', 'masked', 'image']).exactOptional(),
  bidirectional: z.boolean().exactOptional(),
  vocabularySize: countSchema,
  contextLength: countSchema,
  width: countSchema,
  embedding: name,
  embeddingScale: z.number().exactOptional(),
  embeddingProjection: linear.exactOptional(),
  image: z
    .strictObject({
      channels: countSchema,
      height: countSchema,
      width: countSchema,
      patchHeight: countSchema,
      patchWidth: countSchema,
      bias: name.nullable(),
      classToken: name,
      labels: z.array(z.string().max(1000)),
    })
    .exactOptional(),
  tokenTypes: z.strictObject({ table: name, rows: countSchema }).exactOptional(),
  embeddingNorm: norm.exactOptional(),
  positions: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('learned'),
      table: name,
      rows: countSchema,
      offset: index.exactOptional(),
      paddingId: index.exactOptional(),
    }),
    z.strictObject({
      kind: z.literal('rotary'),
      inverseFrequencies: z.array(z.number()),
      rotaryWidth: countSchema,
      style: z.enum(['halves', 'interleaved']).exactOptional(),
      attentionScale: z.number().positive().exactOptional(),
    }),
  ]),
  blocks: z
    .array(
      z.strictObject({
        attentionNorm: norm.nullable(),
        attention: z.discriminatedUnion('kind', [attention, removed]),
        attentionOutputNorm: norm.exactOptional(),
        attentionResidualNorm: norm.exactOptional(),
        mlpNorm: norm.nullable(),
        mlp: z.discriminatedUnion('kind', [mlp, removed]),
        mlpOutputNorm: norm.exactOptional(),
        mlpResidualNorm: norm.exactOptional(),
        parallel: z.boolean().exactOptional(),
      }),
    )
    .max(10_000),
  finalNorm: norm.nullable(),
  outputProjection: linear.exactOptional(),
  headTransform: z.strictObject({ linear, activation, norm }).exactOptional(),
  head: linear,
  logitSoftCap: z.number().positive().exactOptional(),
  tiedHead: z.boolean(),
})

/** Reads a layout that a file claims, and checks it against the tensors that the file holds. Throws `bad-model`. */
export function parseLayout(json: unknown, tensors: TensorIndex, where: string): ModelLayout {
  const bad = (what: string) =>
    new SnipError('bad-model', `${where}: the layout in its metadata is wrong: ${what}`, {
      remedy: 'The file was changed after it was exported: export it again.',
    })
  const parsed = layoutSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`)
  }
  const layout: ModelLayout = parsed.data
  checkLayout(layout, tensors, bad)
  return layout
}
