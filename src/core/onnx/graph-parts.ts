import type { ModelLayout } from '../architectures/layout.ts'
import type { GraphBuilder } from './graph.ts'
import type { GraphPurpose } from './graph-purpose.ts'
import type { PositionNodes } from './position-nodes.ts'
import type { WeightNodes } from './weight-nodes.ts'

/** What all parts of one graph share. */
export interface GraphParts {
  readonly b: GraphBuilder
  readonly layout: ModelLayout
  readonly purpose: GraphPurpose
  readonly weights: WeightNodes
  /** Tokens of the residual stream, one int64 each: [1]. An image has its patches and the class token. */
  readonly batch: string
  readonly sequence: string
  /** int64 [batch x sequence], and what names the type of each of them where that is an input; null in an image. */
  readonly flatIds: string | null
  readonly flatTypes: string | null
  /** 1 at tokens that count, 0 at padding: f32 [1, batch x sequence]; null where nothing asks for it. */
  readonly valid: string | null
  readonly positions: PositionNodes
}

/** The shape [batch, sequence, ...rest] as a value. */
export function perToken({ b, batch, sequence }: Pick<GraphParts, 'b' | 'batch' | 'sequence'>, ...rest: number[]) {
  return b.node('Concat', [batch, sequence, b.ints(rest)], { axis: 0 })
}
