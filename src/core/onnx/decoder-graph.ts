import type { Site } from '../../contract/neuron.ts'
import {
  sublayerWidth,
  type AttentionLayout,
  type Linear,
  type MlpLayout,
  type ModelLayout,
  type Norm,
} from '../architectures/layout.ts'
import { activate } from './activation-nodes.ts'
import { elementType, GraphBuilder, type Graph } from './graph.ts'
import { positionNodes, rotate, type PositionNodes } from './position-nodes.ts'
import type { WeightType } from './tensor-index.ts'

/** What a graph is for; one small graph per purpose, since a session computes all of its graph whatever is fetched. */
export interface GraphPurpose {
  /**
   * `causal`: each position sees itself and those before it. `cached`: the same, after the positions of a key-value cache.
   * `given`: `position_ids` [batch, sequence] and `attention_bias` [batch, 1, sequence, sequence] are inputs.
   */
  readonly attention: 'causal' | 'cached' | 'given'
  /** One input per layer and site, `mlp.3.mask` [neurons], multiplied into the neurons. */
  readonly masks: boolean
  /** Sites whose neurons are outputs; `statistics` adds sums over the valid positions and maxima per window. */
  readonly record: { readonly sites: readonly Site[]; readonly statistics: boolean } | null
  /** `losses` needs the input `targets` [batch, sequence]; `losses-and-ranks` adds the rank of each target. */
  readonly output: 'none' | 'logits' | 'last-logits' | 'losses' | 'losses-and-ranks'
}

/** Exactly 0 after the softmax, and still finite when a dot product is added. */
const blocked = -1e30

/**
 * The forward pass of a decoder in plain ONNX operators, opset 17. The residual stream is [batch x sequence, width]
 * throughout; only attention splits it. Inputs `input_ids` int64 [batch, sequence]; outputs by purpose.
 */
export function buildDecoderGraph(
  layout: ModelLayout,
  typeOf: (tensor: string) => WeightType,
  purpose: GraphPurpose,
): Graph {
  const builder = new GraphBuilder()
  const decoder = new DecoderNodes(builder, layout, typeOf, purpose)
  decoder.build()
  return builder.build()
}

class DecoderNodes {
  readonly #b: GraphBuilder
  readonly #layout: ModelLayout
  readonly #typeOf: (tensor: string) => WeightType
  readonly #purpose: GraphPurpose

  constructor(
    builder: GraphBuilder,
    layout: ModelLayout,
    typeOf: (tensor: string) => WeightType,
    purpose: GraphPurpose,
  ) {
    this.#b = builder
    this.#layout = layout
    this.#typeOf = typeOf
    this.#purpose = purpose
  }

  build(): void {
    const b = this.#b
    const layout = this.#layout
    const ids = b.input('input_ids', elementType.int64, ['batch', 'sequence'])
    const shape = b.node('Shape', [ids])
    const batch = b.node('Slice', [shape, b.ints([0]), b.ints([1])])
    const sequence = b.node('Slice', [shape, b.ints([1]), b.ints([2])])
    const flatIds = b.node('Reshape', [ids, b.ints([-1])])
    const positions = positionNodes(b, layout, this.#purpose.attention, sequence, blocked)
    const valid = this.#purpose.record?.statistics ? b.input('valid', elementType.float, [1, 'tokens']) : null

    let x = this.#cast(b.node('Gather', [b.weight(layout.embedding), flatIds]), layout.embedding)
    if (layout.positions.kind === 'learned') {
      const rows = b.node('Gather', [b.weight(layout.positions.table), positions.positions])
      const table = this.#cast(rows, layout.positions.table)
      if (positions.perToken) x = b.node('Add', [x, table])
      else {
        const split = b.node('Concat', [batch, sequence, b.ints([layout.width])], { axis: 0 })
        const summed = b.node('Add', [b.node('Reshape', [x, split]), table])
        x = b.node('Reshape', [summed, b.ints([-1, layout.width])])
      }
    }
    for (const [layer, block] of layout.blocks.entries()) {
      x = b.within(`${layer}/attn`, () => {
        if (block.attention.kind === 'removed') return this.#bias(x, block.attention.bias)
        const normed = this.#norm(x, block.attentionNorm)
        return this.#attention(x, normed, block.attention, layer, positions, batch, sequence, valid)
      })
      x = b.within(`${layer}/mlp`, () => {
        if (block.mlp.kind === 'removed') return this.#bias(x, block.mlp.bias)
        const normed = this.#norm(x, block.mlpNorm)
        return this.#mlp(x, normed, block.mlp, layer, batch, sequence, valid)
      })
    }
    if (this.#purpose.output !== 'none') b.within('head', () => this.#head(x, batch, sequence))
  }

  #mlp(
    x: string,
    normed: string,
    mlp: MlpLayout,
    layer: number,
    batch: string,
    sequence: string,
    valid: string | null,
  ) {
    const b = this.#b
    const up = this.#linear(normed, mlp.up)
    let neurons: string
    if (mlp.gate) {
      const gate = activate(b, this.#linear(normed, mlp.gate), mlp.activation, false)
      neurons = b.node('Mul', [gate, up])
    } else neurons = activate(b, up, mlp.activation, this.#purpose.record?.sites.includes('mlp') === true)
    const read = this.#neurons('mlp', layer, neurons, batch, sequence, valid)
    return b.node('Add', [x, this.#linear(read, mlp.down)])
  }

  #attention(
    x: string,
    normed: string,
    attention: AttentionLayout,
    layer: number,
    positions: PositionNodes,
    batch: string,
    sequence: string,
    valid: string | null,
  ): string {
    const b = this.#b
    const { headCount, keyValueHeadCount, headWidth, projections } = attention
    let query: string
    let key: string
    let value: string
    if (projections.kind === 'fused') {
      const sizes = [headCount, keyValueHeadCount, keyValueHeadCount].map((heads) => heads * headWidth)
      const all = this.#linear(normed, projections.linear)
      const parts = b.nodes('Split', [all, b.ints(sizes)], 3, { axis: 1 })
      query = parts[0]!
      key = parts[1]!
      value = parts[2]!
    } else {
      query = this.#linear(normed, projections.query)
      key = this.#linear(normed, projections.key)
      value = this.#linear(normed, projections.value)
    }
    const heads = (flat: string, count: number, perm: readonly number[]) => {
      const split = b.node('Concat', [batch, sequence, b.ints([count, headWidth])], { axis: 0 })
      return b.node('Transpose', [b.node('Reshape', [flat, split])], { perm })
    }
    let q = heads(query, headCount, [0, 2, 1, 3])
    let k = heads(key, keyValueHeadCount, [0, 2, 1, 3])
    let v = heads(value, keyValueHeadCount, [0, 2, 1, 3])
    if (positions.rotary) {
      q = rotate(b, q, positions.rotary, headWidth)
      k = rotate(b, k, positions.rotary, headWidth)
    }
    if (this.#purpose.attention === 'cached') {
      const dims = ['batch', keyValueHeadCount, 'past', headWidth]
      const grown = ['batch', keyValueHeadCount, 'total', headWidth]
      const pastKey = b.input(`past.${layer}.key`, elementType.float, dims)
      const pastValue = b.input(`past.${layer}.value`, elementType.float, dims)
      k = b.node('Concat', [pastKey, k], { axis: 2 }, `present.${layer}.key`)
      v = b.node('Concat', [pastValue, v], { axis: 2 }, `present.${layer}.value`)
      b.output(k, elementType.float, grown)
      b.output(v, elementType.float, grown)
    }
    if (attention.keyValueOfHead.some((keyValueHead, head) => keyValueHead !== head)) {
      const indices = b.ints(attention.keyValueOfHead, `attention.${layer}.keyValueOfHead`)
      k = b.node('Gather', [k, indices], { axis: 1 })
      v = b.node('Gather', [v, indices], { axis: 1 })
    }
    const scaled = attention.scale === 1 ? q : b.node('Mul', [q, b.float(attention.scale)])
    const scores = b.node('MatMul', [scaled, b.node('Transpose', [k], { perm: [0, 1, 3, 2] })])
    const weights = b.node('Softmax', [b.node('Add', [scores, positions.attentionBias])], { axis: -1 })
    const mixed = b.node('Transpose', [b.node('MatMul', [weights, v])], { perm: [0, 2, 1, 3] })
    let neurons = b.node('Reshape', [mixed, b.ints([-1, headCount * headWidth])])
    if (attention.keptColumns)
      neurons = b.node('Gather', [neurons, b.ints(attention.keptColumns, `attention.${layer}.keptColumns`)], {
        axis: 1,
      })
    const read = this.#neurons('attention', layer, neurons, batch, sequence, valid)
    return b.node('Add', [x, this.#linear(read, attention.output)])
  }

  /** Names the neurons of a site, records them and multiplies the mask in; returns what the output projection reads. */
  #neurons(site: Site, layer: number, neurons: string, batch: string, sequence: string, valid: string | null): string {
    const b = this.#b
    const { record, masks } = this.#purpose
    const block = this.#layout.blocks[layer]!
    const width = sublayerWidth(block[site])
    if (record?.sites.includes(site)) {
      const at = `${site}.${layer}`
      neurons = b.rename(neurons, `${at}.activations`)
      b.output(neurons, elementType.float, ['tokens', width])
      if (record.statistics && valid !== null) {
        // ReduceSum over the leading axis has no fast path in ONNX Runtime; a row vector times the matrix is a matrix product.
        const sum = (values: string, name: string) => {
          b.output(b.node('MatMul', [valid, values], {}, `${at}.${name}`), elementType.float, [1, width])
        }
        sum(neurons, 'sum')
        sum(b.node('Abs', [neurons]), 'sumAbs')
        sum(b.node('Mul', [neurons, neurons]), 'sumSquares')
        sum(b.node('HardSigmoid', [neurons], { alpha: { float: 3e38 }, beta: { float: 0 } }), 'countPositive')
        const windows = b.node('Concat', [batch, sequence, b.ints([width])], { axis: 0 })
        const split = b.node('Reshape', [neurons, windows])
        b.output(b.node('ReduceMax', [split], { axes: [1], keepdims: 0 }, `${at}.windowMax`), elementType.float, [
          'batch',
          width,
        ])
      }
    }
    if (!masks) return neurons
    return b.node('Mul', [neurons, b.input(`${site}.${layer}.mask`, elementType.float, [width])])
  }

  #head(x: string, batch: string, sequence: string): void {
    const b = this.#b
    const { vocabularySize, width, head, finalNorm } = this.#layout
    let hidden = this.#norm(x, finalNorm)
    if (this.#purpose.output === 'last-logits') {
      const split = b.node('Concat', [batch, sequence, b.ints([width])], { axis: 0 })
      const perSequence = b.node('Reshape', [hidden, split])
      hidden = b.node('Gather', [perSequence, b.int(-1)], { axis: 1 })
      b.output(this.#linear(hidden, head, 'logits'), elementType.float, ['batch', vocabularySize])
      return
    }
    const flat = this.#linear(hidden, head)
    if (this.#purpose.output === 'logits') {
      const split = b.node('Concat', [batch, sequence, b.ints([vocabularySize])], { axis: 0 })
      b.output(b.node('Reshape', [flat, split], {}, 'logits'), elementType.float, ['batch', 'sequence', vocabularySize])
      return
    }
    const targets = b.input('targets', elementType.int64, ['batch', 'sequence'])
    const column = b.node('Reshape', [targets, b.ints([-1, 1])])
    const perWindow = b.node('Concat', [batch, sequence], { axis: 0 })
    const logProbability = b.node('GatherElements', [b.node('LogSoftmax', [flat], { axis: -1 }), column], { axis: 1 })
    const losses = b.node('Neg', [logProbability])
    b.output(b.node('Reshape', [losses, perWindow], {}, 'losses'), elementType.float, ['batch', 'sequence'])
    if (this.#purpose.output === 'losses') return
    const targetLogit = b.node('GatherElements', [flat, column], { axis: 1 })
    const above = b.node('Cast', [b.node('Greater', [flat, targetLogit])], { to: elementType.float })
    const ranks = b.node('ReduceSum', [above, b.ints([1])], { keepdims: 0 })
    b.output(b.node('Reshape', [ranks, perWindow], {}, 'ranks'), elementType.float, ['batch', 'sequence'])
  }

  #norm(x: string, norm: Norm): string {
    const b = this.#b
    const weight = this.#weight(norm.weight)
    if (norm.kind === 'layer') {
      // An empty third input crashes ONNX Runtime 1.30 at its higher optimisation levels: leave it out instead.
      const inputs = norm.bias === null ? [x, weight] : [x, weight, this.#weight(norm.bias)]
      return b.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: norm.epsilon } })
    }
    const meanSquare = b.node('ReduceMean', [b.node('Mul', [x, x])], { axes: [-1], keepdims: 1 })
    const root = b.node('Sqrt', [b.node('Add', [meanSquare, b.float(norm.epsilon)])])
    return b.node('Mul', [b.node('Div', [x, root]), weight])
  }

  #linear(x: string, linear: Linear, as?: string): string {
    const b = this.#b
    const inputs = [x, this.#weight(linear.weight)]
    if (linear.bias !== null) inputs.push(this.#weight(linear.bias))
    return b.node('Gemm', inputs, { transB: linear.order === 'out-in' ? 1 : 0 }, as)
  }

  #bias(x: string, bias: string | null): string {
    return bias === null ? x : this.#b.node('Add', [x, this.#weight(bias)])
  }

  /** A weight as f32. */
  #weight(name: string): string {
    return this.#cast(this.#b.weight(name), name)
  }

  readonly #casts = new Map<string, string>()

  #cast(value: string, tensor: string): string {
    if (this.#typeOf(tensor) === 'F32') return value
    const known = this.#casts.get(value)
    if (known !== undefined) return known
    const cast = this.#b.node('Cast', [value], { to: elementType.float })
    this.#casts.set(value, cast)
    return cast
  }
}
