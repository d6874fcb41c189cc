import type { ModelNode, NodeAddress } from '../onnx/model-graph.ts'
import { behind, isConstant, isLayout, isNeutral } from './constants.ts'
import { intAttribute, isMicrosoft, isOp, type GraphScope } from './graph-scope.ts'
import { resolveWeight } from './linear.ts'

/** The mixing of values by attention weights: two plain nodes around a Softmax, or one fused node. */
export interface AttentionCore extends NodeAddress {
  readonly made: ModelNode
  readonly kind: 'plain' | 'fused'
  /** Query, key and value as the node reads them; of a plain core the value that is mixed. Empty when packed. */
  readonly query: string
  readonly key: string
  readonly value: string
  /** The scores before the Softmax; empty for a fused node. */
  readonly scores: string
  readonly headCount: number | null
  readonly keyValueHeadCount: number | null
  /** Cache that a fused node reads and writes. */
  readonly past: { readonly key: string; readonly value: string } | null
  readonly present: { readonly key: string; readonly value: string } | null
  /** True when the node itself hides later positions. */
  readonly isCausal: boolean
}

/** The attention whose result `value` is, before it is moved back into [batch, sequence, width]; null when it is none. */
export function attentionAt(scope: GraphScope, value: string): AttentionCore | null {
  const from = scope.produced(value)
  if (!from || from.output !== 0) return null
  const { made, graph, node } = from
  const fused = fusedAttention(made)
  if (fused) return { graph, node, made, kind: 'fused', scores: '', ...fused }
  if (!isOp(made, 'MatMul', 'Einsum') && !isMicrosoft(made, 'FusedMatMul')) return null
  if (made.inputs.length !== 2) return null
  const [first, second] = made.inputs as [string, string]
  if (resolveWeight(scope, second) || resolveWeight(scope, first)) return null
  for (const [weights, mixed] of [
    [first, second],
    [second, first],
  ] as const) {
    const scores = scoresOf(scope, weights)
    if (scores === null) continue
    const { query, key } = factorsOf(scope, scores)
    const unknown = { headCount: null, keyValueHeadCount: null, past: null, present: null, isCausal: false }
    return { graph, node, made, kind: 'plain', query, key, value: mixed, scores, ...unknown }
  }
  return null
}

type Fused = Omit<AttentionCore, 'graph' | 'node' | 'made' | 'kind' | 'scores'>

function fusedAttention(made: ModelNode): Fused | null {
  const input = (i: number) => made.inputs[i] ?? ''
  const output = (i: number) => made.outputs[i] ?? ''
  const pair = (key: string, value: string) => (key === '' || value === '' ? null : { key, value })
  const heads = intAttribute(made, 'num_heads', 0) || null
  const unidirectional = intAttribute(made, 'unidirectional', 0) === 1
  if (isOp(made, 'Attention')) {
    return {
      query: input(0),
      key: input(1),
      value: input(2),
      headCount: intAttribute(made, 'q_num_heads', 0) || null,
      keyValueHeadCount: intAttribute(made, 'kv_num_heads', 0) || null,
      past: pair(input(4), input(5)),
      present: pair(output(1), output(2)),
      isCausal: intAttribute(made, 'is_causal', 0) === 1,
    }
  }
  if (isMicrosoft(made, 'MultiHeadAttention')) {
    return {
      query: input(0),
      key: input(1),
      value: input(2),
      headCount: heads,
      keyValueHeadCount: heads,
      past: pair(input(6), input(7)),
      present: pair(output(1), output(2)),
      isCausal: unidirectional,
    }
  }
  if (isMicrosoft(made, 'GroupQueryAttention')) {
    return {
      query: input(0),
      key: input(1),
      value: input(2),
      headCount: heads,
      keyValueHeadCount: intAttribute(made, 'kv_num_heads', 0) || null,
      past: pair(input(3), input(4)),
      present: pair(output(1), output(2)),
      isCausal: true,
    }
  }
  if (isMicrosoft(made, 'Attention', 'QAttention')) {
    const past = input(made.op === 'Attention' ? 4 : 8)
    return {
      query: '',
      key: '',
      value: '',
      headCount: heads,
      keyValueHeadCount: heads,
      past: pair(past, past),
      present: pair(output(1), output(1)),
      isCausal: unidirectional,
    }
  }
  return null
}

/** The Softmax's input, when `weights` are its results: a guard against rows of nothing, a factor per head or a cast may stand between. */
function scoresOf(scope: GraphScope, weights: string): string | null {
  let value = weights
  for (let step = 0; step < 16; step++) {
    const from = scope.produced(value)
    if (!from || from.output !== 0) return null
    const { made } = from
    if (made.op === 'Softmax') return made.inputs[0]!
    if (made.domain !== '') return null
    if (isNeutral(made.op) || isLayout(made.op)) value = made.inputs[0]!
    else if (made.op === 'Where' && isConstant(scope, made.inputs[1]!)) value = made.inputs[2]!
    else if (made.op === 'Where' && isConstant(scope, made.inputs[2]!)) value = made.inputs[1]!
    else if (made.op === 'Mul') {
      const side = made.inputs.findIndex((input) => isSoftmax(scope, input))
      if (side < 0) return null
      value = made.inputs[side]!
    } else return null
  }
  return null
}

function isSoftmax(scope: GraphScope, value: string): boolean {
  const from = scope.produced(behind(scope, value, true))
  return from !== null && isOp(from.made, 'Softmax')
}

/** The two sides of the product behind the scores, through masks, factors, caps and clips; empty when it is not found. */
function factorsOf(scope: GraphScope, scores: string): { query: string; key: string } {
  const queue = [scores]
  const seen = new Set<string>()
  while (queue.length > 0 && seen.size < 200) {
    const value = queue.shift()!
    if (seen.has(value)) continue
    seen.add(value)
    const from = scope.produced(value)
    if (!from) continue
    const { made } = from
    if (isOp(made, 'MatMul', 'Einsum') || isMicrosoft(made, 'FusedMatMul')) {
      const [query, key] = made.inputs as [string, string]
      // A product with a weight is not the one of queries and keys: ALiBi and other biases have them.
      if (!resolveWeight(scope, query) && !resolveWeight(scope, key) && !isConstant(scope, query)) {
        return { query, key }
      }
      continue
    }
    if (isOp(made, 'Where', 'Add', 'Sub', 'Mul', 'Div', 'Cast', 'Identity', 'Reshape', 'Tanh', 'Max', 'Clip')) {
      for (const input of made.inputs) queue.push(input)
    }
  }
  return { query: '', key: '' }
}
