import type { ModelLayout } from '../architectures/layout.ts'
import { elementType, type GraphBuilder } from './graph.ts'

/** How heads turn with their positions. */
export interface RotaryNodes {
  /** Cosines and sines that broadcast over [batch, heads, sequence, width / 2]. */
  readonly cos: string
  readonly sin: string
  /** Dimensions of a head that turn; those after them stay. */
  readonly width: number
  readonly interleaved: boolean
}

/** Emits the cosines and sines of positions that broadcast over the tokens; null without rotary positions. */
export function rotaryNodes(b: GraphBuilder, layout: ModelLayout, positions: string): RotaryNodes | null {
  if (layout.positions.kind !== 'rotary') return null
  const { inverseFrequencies, rotaryWidth, style, attentionScale } = layout.positions
  const frequencies = b.floats('rotary.inverseFrequencies', inverseFrequencies, [inverseFrequencies.length])
  const angles = b.node('Mul', [b.node('Cast', [positions], { to: elementType.float }), frequencies])
  let cos = b.node('Cos', [angles])
  let sin = b.node('Sin', [angles])
  if (attentionScale !== undefined && attentionScale !== 1) {
    cos = b.node('Mul', [cos, b.float(attentionScale)])
    sin = b.node('Mul', [sin, b.float(attentionScale)])
  }
  return { cos, sin, width: rotaryWidth, interleaved: style === 'interleaved' }
}

/**
 * Turns heads [batch, heads, sequence, headWidth] by their positions (Su et al. 2021): halves of the turned dimensions against
 * each other, or neighbours. Neighbours come out as halves: queries and keys alike, so that their products are the same.
 */
export function rotate(b: GraphBuilder, heads: string, rotary: RotaryNodes, headWidth: number): string {
  const { cos, sin, width, interleaved } = rotary
  const half = width / 2
  const rest = headWidth - width
  let first: string
  let second: string
  let still: string | undefined
  if (interleaved) {
    const [turned = '', untouched] =
      rest === 0 ? [heads] : b.nodes('Split', [heads, b.ints([width, rest])], 2, { axis: 3 })
    const every2nd = (start: number) =>
      b.node('Slice', [turned, b.ints([start]), b.ints([width]), b.ints([3]), b.ints([2])])
    first = every2nd(0)
    second = every2nd(1)
    still = untouched
  } else {
    const sizes = rest === 0 ? [half, half] : [half, half, rest]
    const split = b.nodes('Split', [heads, b.ints(sizes)], sizes.length, { axis: 3 })
    first = split[0]!
    second = split[1]!
    still = split[2]
  }
  const turnedFirst = b.node('Sub', [b.node('Mul', [first, cos]), b.node('Mul', [second, sin])])
  const turnedSecond = b.node('Add', [b.node('Mul', [second, cos]), b.node('Mul', [first, sin])])
  const turned = [turnedFirst, turnedSecond]
  return b.node('Concat', still === undefined ? turned : [...turned, still], { axis: 3 })
}
