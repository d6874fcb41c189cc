import type { ImageInput } from '../architectures/layout.ts'
import { perToken, type GraphParts } from './graph-parts.ts'
import { pixelInput } from './input-nodes.ts'
import { normalise } from './norm-nodes.ts'

/** The residual stream before the first layer, f32 [batch x sequence, width]. */
export function embeddingNodes(parts: GraphParts): string {
  const { b, layout, weights, flatIds, flatTypes } = parts
  if (layout.image || flatIds === null) return patchNodes(parts, layout.image!)
  let x = weights.rows(layout.embedding, flatIds)
  if (layout.embeddingScale !== undefined) x = b.node('Mul', [x, b.float(layout.embeddingScale)])
  if (layout.embeddingProjection) x = weights.linear(x, layout.embeddingProjection)
  x = addPositions(parts, x)
  if (layout.tokenTypes) x = b.node('Add', [x, weights.rows(layout.tokenTypes.table, flatTypes ?? b.ints([0]))])
  return layout.embeddingNorm ? normalise(parts, x, layout.embeddingNorm, layout.width) : x
}

/** Patches, row by row, behind the class token, with their positions. */
function patchNodes({ b, layout, weights, batch }: GraphParts, image: ImageInput): string {
  const { patchHeight, patchWidth, bias, classToken } = image
  const sides = [patchHeight, patchWidth]
  const inputs = [pixelInput, weights.weight(layout.embedding)]
  if (bias !== null) inputs.push(weights.weight(bias))
  const cut = b.node('Conv', inputs, { kernel_shape: sides, strides: sides })
  const columns = b.node('Concat', [batch, b.ints([layout.width, layout.contextLength - 1])], { axis: 0 })
  const patches = b.node('Transpose', [b.node('Reshape', [cut, columns])], { perm: [0, 2, 1] })
  const once = b.node('Concat', [batch, b.ints([1, layout.width])], { axis: 0 })
  const first = b.node('Expand', [weights.weight(classToken), once])
  const all = b.node('Concat', [first, patches], { axis: 1 })
  const { positions } = layout
  const placed = positions.kind === 'learned' ? b.node('Add', [all, weights.weight(positions.table)]) : all
  return b.node('Reshape', [placed, b.ints([-1, layout.width])])
}

/** Adds learned positions: by token, or one table's rows to every sequence of the batch. */
function addPositions(parts: GraphParts, x: string): string {
  const { b, layout, weights, positions } = parts
  if (layout.positions.kind !== 'learned') return x
  const { table, offset = 0 } = layout.positions
  const numbers = offset === 0 ? positions.positions : b.node('Add', [positions.positions, b.int(offset)])
  const rows = weights.rows(table, numbers)
  if (positions.perToken) return b.node('Add', [x, rows])
  const summed = b.node('Add', [b.node('Reshape', [x, perToken(parts, layout.width)]), rows])
  return b.node('Reshape', [summed, b.ints([-1, layout.width])])
}
