import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'
import { requireTensor, type TensorIndex } from '../onnx/tensor-index.ts'
import { countSchema, epsilonSchema } from './architecture.ts'
import type { Linear, ModelLayout, Norm } from './layout.ts'

const name = z.string().min(1).max(1000)
const index = z.number().int().nonnegative().max(10_000_000)
const linear = z.strictObject({
  weight: name,
  bias: name.nullable(),
  order: z.enum(['in-out', 'out-in']),
  inputs: countSchema,
  outputs: countSchema,
})
const norm = z.strictObject({
  kind: z.enum(['layer', 'rms']),
  weight: name,
  bias: name.nullable(),
  epsilon: epsilonSchema,
})
const removed = z.strictObject({ kind: z.literal('removed'), bias: name.nullable() })
const attention = z.strictObject({
  kind: z.literal('attention'),
  projections: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fused'), linear }),
    z.strictObject({ kind: z.literal('separate'), query: linear, key: linear, value: linear }),
  ]),
  output: linear,
  headWidth: countSchema,
  headCount: countSchema,
  keyValueHeadCount: countSchema,
  keyValueOfHead: z.array(index),
  scale: z.number(),
  keptColumns: z.array(index).nullable(),
})
const mlp = z.strictObject({
  kind: z.literal('mlp'),
  activation: z.enum(['gelu', 'gelu-tanh', 'relu', 'silu']),
  gate: linear.nullable(),
  up: linear,
  down: linear,
})

/** A layout as exported files carry it in their metadata. */
export const layoutSchema = z.strictObject({
  family: name,
  vocabularySize: countSchema,
  contextLength: countSchema,
  width: countSchema,
  embedding: name,
  positions: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('learned'), table: name, rows: countSchema }),
    z.strictObject({ kind: z.literal('rotary'), inverseFrequencies: z.array(z.number()), rotaryWidth: countSchema }),
  ]),
  blocks: z
    .array(
      z.strictObject({
        attentionNorm: norm,
        attention: z.discriminatedUnion('kind', [attention, removed]),
        mlpNorm: norm,
        mlp: z.discriminatedUnion('kind', [mlp, removed]),
      }),
    )
    .max(10_000),
  finalNorm: norm,
  head: linear,
  tiedHead: z.boolean(),
})

/** Reads a layout that a file claims, and checks it against the tensors that the file holds. Throws `bad-model`. */
export function parseLayout(json: unknown, tensors: TensorIndex, where: string): ModelLayout {
  const parsed = layoutSchema.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw bad(where, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`)
  }
  const layout: ModelLayout = parsed.data
  checkShapes(layout, tensors, where)
  return layout
}

function checkShapes(layout: ModelLayout, tensors: TensorIndex, where: string): void {
  const { width } = layout
  const checkLinear = ({ weight, bias, order, inputs, outputs }: Linear, expectedInputs: number | null) => {
    if (expectedInputs !== null && inputs !== expectedInputs) throw bad(where, `${weight} reads ${inputs} values`)
    requireTensor(tensors, weight, order === 'in-out' ? [inputs, outputs] : [outputs, inputs])
    if (bias !== null) requireTensor(tensors, bias, [outputs])
  }
  const checkNorm = ({ weight, bias }: Norm) => {
    requireTensor(tensors, weight, [width])
    if (bias !== null) requireTensor(tensors, bias, [width])
  }
  requireTensor(tensors, layout.embedding, [layout.vocabularySize, width])
  const { positions } = layout
  if (positions.kind === 'learned') {
    requireTensor(tensors, positions.table, [positions.rows, width])
    if (positions.rows < layout.contextLength) throw bad(where, 'its context is longer than its table of positions')
  } else if (positions.inverseFrequencies.length * 2 !== positions.rotaryWidth) {
    throw bad(where, 'its rotary frequencies do not fit the width that they turn')
  }
  for (const { attention: a, attentionNorm, mlp: m, mlpNorm } of layout.blocks) {
    if (a.kind === 'removed') {
      if (a.bias !== null) requireTensor(tensors, a.bias, [width])
    } else {
      checkNorm(attentionNorm)
      const query = a.headCount * a.headWidth
      const keyValue = a.keyValueHeadCount * a.headWidth
      if (a.projections.kind === 'fused') {
        checkLinear(a.projections.linear, width)
        if (a.projections.linear.outputs !== query + 2 * keyValue)
          throw bad(where, 'a fused projection has the wrong width')
      } else {
        for (const projection of [a.projections.query, a.projections.key, a.projections.value]) {
          checkLinear(projection, width)
        }
        if (a.projections.query.outputs !== query) throw bad(where, 'a query projection has the wrong width')
        for (const projection of [a.projections.key, a.projections.value]) {
          if (projection.outputs !== keyValue) throw bad(where, 'a key or value projection has the wrong width')
        }
      }
      if (a.keyValueOfHead.length !== a.headCount || a.keyValueOfHead.some((head) => head >= a.keyValueHeadCount)) {
        throw bad(where, 'heads read key-value heads that do not exist')
      }
      if (a.keptColumns?.some((column) => column >= query)) throw bad(where, 'a kept column does not exist')
      checkLinear(a.output, a.keptColumns?.length ?? query)
    }
    if (m.kind === 'removed') {
      if (m.bias !== null) requireTensor(tensors, m.bias, [width])
    } else {
      checkNorm(mlpNorm)
      if (m.gate) checkLinear(m.gate, width)
      checkLinear(m.up, width)
      if (m.gate && m.gate.outputs !== m.up.outputs) throw bad(where, 'gate and up projection differ in width')
      checkLinear(m.down, m.up.outputs)
    }
  }
  checkNorm(layout.finalNorm)
  checkLinear(layout.head, width)
  if (layout.head.outputs !== layout.vocabularySize) throw bad(where, 'the head has the wrong width')
}

function bad(where: string, what: string): SnipError {
  return new SnipError('bad-model', `${where}: the layout in its metadata is wrong: ${what}`, {
    remedy: 'The file was changed after it was exported: export it again.',
  })
}
