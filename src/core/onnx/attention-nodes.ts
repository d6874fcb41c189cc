import type { AttentionLayout, HeadNorm } from '../architectures/layout.ts'
import { elementType } from './graph.ts'
import { perToken, type GraphParts } from './graph-parts.ts'
import { dimensionNames } from './graph-purpose.ts'
import { neuronNodes } from './neuron-nodes.ts'
import { normalise } from './norm-nodes.ts'
import { rotate } from './rotary-nodes.ts'

/** [batch, sequence, heads, head width] to [batch, heads, sequence, head width], and back. */
const headsFirst = [0, 2, 1, 3]

/** The output of one layer's attention: [batch x sequence, width]. */
export function attentionNodes(parts: GraphParts, x: string, attention: AttentionLayout, layer: number): string {
  const { b, weights, positions } = parts
  const { headCount, headWidth } = attention
  let [q, k, v] = projectHeads(parts, x, attention)
  if (positions.rotary) {
    q = rotate(b, q, positions.rotary, headWidth)
    k = rotate(b, k, positions.rotary, headWidth)
  }
  const hasCache = parts.purpose.attention === 'cached' || parts.purpose.attention === 'padded'
  if (hasCache && parts.layout.bidirectional !== true) [k, v] = appendToCache(parts, k, v, attention, layer)
  if (attention.keyValueOfHead.some((keyValueHead, head) => keyValueHead !== head)) {
    const indices = b.ints(attention.keyValueOfHead, `attention.${layer}.keyValueOfHead`)
    k = b.node('Gather', [k, indices], { axis: 1 })
    v = b.node('Gather', [v, indices], { axis: 1 })
  }
  const scaled = attention.scale === 1 ? q : b.node('Mul', [q, b.float(attention.scale)])
  let scores = b.node('MatMul', [scaled, b.node('Transpose', [k], { perm: [0, 1, 3, 2] })])
  if (attention.softCap !== undefined) scores = softCap(parts, scores, attention.softCap)
  const bias = positions.attentionBias(attention.window)
  const biased = bias === null ? scores : b.node('Add', [scores, bias])
  const mixed = b.node('MatMul', [b.node('Softmax', [biased], { axis: -1 }), v])
  let neurons = b.node('Transpose', [mixed], { perm: headsFirst })
  neurons = b.node('Reshape', [neurons, b.ints([-1, headCount * headWidth])])
  if (attention.keptColumns)
    neurons = b.node('Gather', [neurons, b.ints(attention.keptColumns, `attention.${layer}.keptColumns`)], {
      axis: 1,
    })
  return weights.linear(neuronNodes(parts, 'attention', layer, neurons), attention.output)
}

/** Limits values to plus and minus `cap`, smoothly (Gemma Team 2024, section 2). */
export function softCap({ b }: Pick<GraphParts, 'b'>, values: string, cap: number, as?: string): string {
  return b.node('Mul', [b.node('Tanh', [b.node('Div', [values, b.float(cap)])]), b.float(cap)], {}, as)
}

/** Queries, keys and values, clipped and normed: [batch, heads, sequence, head width] each. */
function projectHeads(parts: GraphParts, x: string, attention: AttentionLayout): [string, string, string] {
  const { b, weights } = parts
  const { headCount, keyValueHeadCount, headWidth, projections, queryNorm, keyNorm } = attention
  const counts = [headCount, keyValueHeadCount, keyValueHeadCount] as const
  const clipped = (value: string): string => {
    if (attention.clip === undefined) return value
    return b.node('Clip', [value, b.float(-attention.clip), b.float(attention.clip)])
  }
  const toHeads = (flat: string, count: number): string => {
    const split = b.node('Reshape', [flat, perToken(parts, count, headWidth)])
    return b.node('Transpose', [split], { perm: headsFirst })
  }
  let heads: string[]
  if (projections.kind === 'fused' && projections.order === 'heads') {
    const all = clipped(weights.linear(x, projections.linear))
    const perHead = b.node('Reshape', [all, perToken(parts, headCount, 3 * headWidth)])
    const split = b.nodes('Split', [perHead, b.ints([headWidth, headWidth, headWidth])], 3, { axis: 3 })
    heads = split.map((part, at) => {
      const transposed = b.node('Transpose', [part], { perm: headsFirst })
      return normPerHead(parts, transposed, [queryNorm, keyNorm][at], headWidth)
    })
  } else {
    let flat: string[]
    if (projections.kind === 'fused') {
      const all = clipped(weights.linear(x, projections.linear))
      const sizes = counts.map((count) => count * headWidth)
      flat = b.nodes('Split', [all, b.ints(sizes)], 3, { axis: 1 })
    } else {
      flat = [projections.query, projections.key, projections.value].map((one) => clipped(weights.linear(x, one)))
    }
    heads = flat.map((value, at) => {
      const norm = [queryNorm, keyNorm][at]
      const count = counts[at]!
      const whole = norm?.over === 'all-heads' ? normalise(parts, value, norm.norm, count * headWidth) : value
      return normPerHead(parts, toHeads(whole, count), norm, headWidth)
    })
  }
  return heads as [string, string, string]
}

function normPerHead(parts: GraphParts, heads: string, norm: HeadNorm | undefined, headWidth: number): string {
  return norm?.over === 'head' ? normalise(parts, heads, norm.norm, headWidth) : heads
}

/** Puts the keys and values of the past before those of this run; the grown cache is an output. */
function appendToCache(
  { b, purpose }: GraphParts,
  k: string,
  v: string,
  { keyValueHeadCount, headWidth }: AttentionLayout,
  layer: number,
): [string, string] {
  const { batch, past, total } = dimensionNames(purpose)
  const prefix = purpose.attention === 'padded' ? 'past_key_values' : 'past'
  const dims = [batch, keyValueHeadCount, past, headWidth]
  const grown = [batch, keyValueHeadCount, total, headWidth]
  const pastKey = b.input(`${prefix}.${layer}.key`, elementType.float, dims)
  const pastValue = b.input(`${prefix}.${layer}.value`, elementType.float, dims)
  const key = b.node('Concat', [pastKey, k], { axis: 2 }, `present.${layer}.key`)
  const value = b.node('Concat', [pastValue, v], { axis: 2 }, `present.${layer}.value`)
  b.output(key, elementType.float, grown)
  b.output(value, elementType.float, grown)
  return [key, value]
}
