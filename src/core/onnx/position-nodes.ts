import type { ModelLayout } from '../architectures/layout.ts'
import { elementType, type GraphBuilder } from './graph.ts'

/** The parts of a graph that depend on positions, shared by all layers. */
export interface PositionNodes {
  /** Position numbers: [sequence], or [batch x sequence] when `perToken`. */
  readonly positions: string
  readonly perToken: boolean
  /** Added to the attention scores [batch, heads, sequence, keys]: 0 where a key may be seen. */
  readonly attentionBias: string
  /** Cosines and sines that broadcast over [batch, heads, sequence, width / 2]; null without rotary positions. */
  readonly rotary: { readonly cos: string; readonly sin: string } | null
}

/** Emits position numbers, the attention bias and rotary tables for one graph. */
export function positionNodes(
  b: GraphBuilder,
  layout: ModelLayout,
  attention: 'causal' | 'cached' | 'given',
  sequence: string,
  blocked: number,
): PositionNodes {
  if (attention === 'given') {
    const ids = b.input('position_ids', elementType.int64, ['batch', 'sequence'])
    const attentionBias = b.input('attention_bias', elementType.float, ['batch', 1, 'sequence', 'sequence'])
    const grid = b.node('Unsqueeze', [ids, b.ints([1, 3])])
    const positions = b.node('Reshape', [ids, b.ints([-1])])
    return { positions, perToken: true, attentionBias, rotary: rotaryNodes(b, layout, grid) }
  }
  const length = b.node('Squeeze', [sequence])
  let positions = b.node('Range', [b.int(0), length, b.int(1)])
  let keys = positions
  if (attention === 'cached') {
    const past = b.input('past_length', elementType.int64, [])
    const total = b.node('Add', [past, length])
    keys = b.node('Range', [b.int(0), total, b.int(1)])
    positions = b.node('Add', [positions, past])
  }
  const column = b.node('Unsqueeze', [positions, b.ints([1])])
  const future = b.node('Greater', [keys, column])
  const attentionBias = b.node('Where', [future, b.float(blocked), b.float(0)])
  return { positions, perToken: false, attentionBias, rotary: rotaryNodes(b, layout, column) }
}

function rotaryNodes(b: GraphBuilder, layout: ModelLayout, positions: string): PositionNodes['rotary'] {
  if (layout.positions.kind !== 'rotary') return null
  const { inverseFrequencies } = layout.positions
  const frequencies = b.floats('rotary.inverseFrequencies', inverseFrequencies, [inverseFrequencies.length])
  const angles = b.node('Mul', [b.node('Cast', [positions], { to: elementType.float }), frequencies])
  return { cos: b.node('Cos', [angles]), sin: b.node('Sin', [angles]) }
}

/** Rotates the two halves of each head against each other (Su et al. 2021, in the half-split form of GPT-NeoX). */
export function rotate(
  b: GraphBuilder,
  heads: string,
  rotary: { readonly cos: string; readonly sin: string },
  headWidth: number,
): string {
  const half = headWidth / 2
  const [first, second] = b.nodes('Split', [heads, b.ints([half, half])], 2, { axis: 3 })
  const { cos, sin } = rotary
  const turnedFirst = b.node('Sub', [b.node('Mul', [first!, cos]), b.node('Mul', [second!, sin])])
  const turnedSecond = b.node('Add', [b.node('Mul', [second!, cos]), b.node('Mul', [first!, sin])])
  return b.node('Concat', [turnedFirst, turnedSecond], { axis: 3 })
}
