import { perToken, type GraphParts } from './graph-parts.ts'
import { normalise } from './norm-nodes.ts'

/** The residual stream before the first layer, f32 [batch x sequence, width], from ids [batch x sequence]. */
export function embeddingNodes(parts: GraphParts, flatIds: string): string {
  const { b, layout, weights } = parts
  let x = weights.rows(layout.embedding, flatIds)
  if (layout.embeddingScale !== undefined) x = b.node('Mul', [x, b.float(layout.embeddingScale)])
  if (layout.embeddingProjection) x = weights.linear(x, layout.embeddingProjection)
  x = addPositions(parts, x)
  if (layout.tokenTypes) x = b.node('Add', [x, weights.rows(layout.tokenTypes.table, b.ints([0]))])
  return layout.embeddingNorm ? normalise(parts, x, layout.embeddingNorm, layout.width) : x
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
