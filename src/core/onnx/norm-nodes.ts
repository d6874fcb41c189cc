import type { Norm, RemovedSublayer } from '../architectures/layout.ts'
import type { GraphParts } from './graph-parts.ts'

/** A norm over the last dimension, which is `width` wide. */
export function normalise({ b, weights }: Pick<GraphParts, 'b' | 'weights'>, x: string, norm: Norm, width: number) {
  if (norm.kind === 'layer') {
    const weight = norm.weight === null ? ones(b, width) : weights.weight(norm.weight)
    // An empty third input crashes ONNX Runtime 1.30 at its higher optimisation levels: leave it out instead.
    const inputs = norm.bias === null ? [x, weight] : [x, weight, weights.weight(norm.bias)]
    return b.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: norm.epsilon } })
  }
  // The weight comes first: its cast, if it has one, is made before the norm's own nodes.
  const weight = norm.weight === null ? null : weights.weight(norm.weight)
  const meanSquare = b.node('ReduceMean', [b.node('Mul', [x, x])], { axes: [-1], keepdims: 1 })
  const root = b.node('Sqrt', [b.node('Add', [meanSquare, b.float(norm.epsilon)])])
  const scaled = b.node('Div', [x, root])
  if (weight === null) return scaled
  return b.node('Mul', [scaled, norm.kind === 'rms' ? weight : b.node('Add', [weight, b.float(1)])])
}

/** What a removed sublayer still adds to the residual stream: its bias, through the norm of its output. Null: nothing. */
export function remainder(
  parts: Pick<GraphParts, 'b' | 'weights' | 'layout'>,
  { bias }: RemovedSublayer,
  outputNorm: Norm | undefined,
): string | null {
  const { weights, layout } = parts
  if (bias === null) return outputNorm?.bias ? weights.weight(outputNorm.bias) : null
  const value = weights.weight(bias)
  return outputNorm ? normalise(parts, value, outputNorm, layout.width) : value
}

function ones(b: GraphParts['b'], width: number): string {
  return b.floats(
    `ones[${width}]`,
    Array.from({ length: width }, () => 1),
    [width],
  )
}
