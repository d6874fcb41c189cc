import type { ModelNode } from '../onnx/model-graph.ts'
import { nodeLabel } from '../onnx/model-graph-order.ts'
import { shownName } from '../onnx/shown-name.ts'
import type { AttentionCore } from './attention.ts'
import { isConstant, isLayout, isNeutral } from './constants.ts'
import { isTableRows, type Expression, type ExpressionReader, type Source } from './expression.ts'
import { intAttribute, isMicrosoft, isOp, refusal, type GraphScope, type Produced } from './graph-scope.ts'
import { biasOf, linearWithBias, resolveWeight, type FoundLinear } from './linear.ts'
import { normInput } from './norm.ts'

/** A projection whose result is added to the residual stream, and what its input is made of. */
export type FoundProjection = {
  readonly linear: FoundLinear
  readonly expression: Expression
} & ({ readonly site: 'attention'; readonly core: AttentionCore } | { readonly site: 'mlp' })

/** Rows of a table that are added to the stream: tokens, positions, kinds of token. */
export interface FoundTable {
  readonly rows: number
  readonly width: number
  readonly weight: string
  /** The value that picks the rows. */
  readonly indices: string
}

/** Everything that is added up in the residual stream, found by going back from its end. */
export interface StreamParts {
  readonly projections: readonly FoundProjection[]
  readonly tables: readonly FoundTable[]
  readonly notes: readonly string[]
}

interface Visit {
  readonly value: string
  /** A fused node that adds a bias to this value: which node, which input. */
  readonly biasOf: { readonly node: Produced; readonly input: number } | null
}

const mostValues = 200_000

/** Goes back along the residual stream from `end`, through sums, norms and factors, until the tables it starts from. */
export function readStream(scope: GraphScope, reader: ExpressionReader, end: string): StreamParts {
  return new StreamReader(scope, reader).run(end)
}

class StreamReader {
  readonly #scope: GraphScope
  readonly #reader: ExpressionReader
  readonly #projections = new Map<string, FoundProjection>()
  readonly #tables = new Map<string, FoundTable>()
  readonly #notes = new Set<string>()
  readonly #queue: Visit[] = []
  readonly #seen = new Set<string>()
  /** True once two things were added up: what bends numbers before that belongs to the head. */
  #isInside = false

  constructor(scope: GraphScope, reader: ExpressionReader) {
    this.#scope = scope
    this.#reader = reader
  }

  run(end: string): StreamParts {
    this.#visit(end)
    for (let next = 0; next < this.#queue.length; next++) {
      this.#take(this.#queue[next]!)
      if (next > mostValues) throw refusal(this.#scope.model, 'its residual stream has too many parts')
    }
    return {
      projections: [...this.#projections.values()],
      tables: [...this.#tables.values()],
      notes: [...this.#notes],
    }
  }

  #visit(value: string, bias: Visit['biasOf'] = null): void {
    if (this.#seen.has(value) || isConstant(this.#scope, value)) return
    this.#seen.add(value)
    this.#queue.push({ value, biasOf: bias })
  }

  #take({ value, biasOf: bias }: Visit): void {
    const scope = this.#scope
    const from = scope.produced(value)
    if (!from) {
      throw refusal(
        scope.model,
        `its residual stream begins with ${shownName(value)}, not with the embedding of token ids: it is no whole language model`,
      )
    }
    const { made, output } = from
    const linear = linearWithBias(scope, value)
    if (linear) return this.#project(this.#withBias(linear, bias))
    const normed = normInput(scope, value)
    if (normed !== null) return this.#visit(normed)
    if (isTableRows(scope, made) && output === 0) return this.#table(from)
    if (isMicrosoft(made, 'EmbedLayerNormalization')) return this.#embedding(made)
    if (isMicrosoft(made, 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization')) {
      this.#isInside = true
      const input = made.op === 'SkipLayerNormalization' ? 4 : 3
      const added = (made.inputs[input] ?? '') === '' ? null : { node: from, input }
      this.#visit(made.inputs[0]!, added)
      return this.#visit(made.inputs[1]!, added)
    }
    if (made.domain === '' && output === 0 && (isNeutral(made.op) || isLayout(made.op) || isOp(made, 'Expand'))) {
      return this.#visit(made.inputs[0]!, bias)
    }
    if (isOp(made, 'Add', 'Sum')) {
      const live = made.inputs.filter((input) => !isConstant(scope, input))
      if (live.length > 1) {
        // Before the stream, only an activation adds a value to what is made of it.
        if (!this.#isInside && this.#skipHeadTransform(value)) return
        this.#isInside = true
      }
      for (const input of live) this.#visit(input, live.length > 1 ? null : bias)
      return
    }
    if (isOp(made, 'Mul', 'Div')) {
      const live = made.inputs.filter((input) => !isConstant(scope, input))
      if (live.length === 1 && live[0] === made.inputs[made.op === 'Div' ? 0 : made.inputs.indexOf(live[0]!)]) {
        if (!this.#isInside && this.#skipHeadTransform(value)) return
        return this.#visit(live[0]!)
      }
    }
    if (isOp(made, 'Slice') || (isOp(made, 'Gather') && intAttribute(made, 'axis', 0) === 1)) {
      this.#notes.add(`Node ${nodeLabel(made)} picks some positions of the residual stream.`)
      return this.#visit(made.inputs[0]!)
    }
    if (!this.#isInside && this.#skipHeadTransform(value)) return
    if (this.#isPositional(value)) {
      this.#notes.add(`Node ${nodeLabel(made)} adds computed positions to the residual stream.`)
      return
    }
    throw scope.refuse(
      made,
      'is part of the residual stream, but is neither a projection, a norm, a sum nor an embedding',
    )
  }

  #withBias(linear: FoundLinear, bias: Visit['biasOf']): FoundLinear {
    if (!bias || linear.bias !== null) return linear
    const found = biasOf(this.#scope, bias.node, bias.input, linear.outputs)
    return found ? { ...linear, bias: found.weight.name, biasReference: found } : linear
  }

  /** Sorts a projection by what its input is made of. */
  #project(linear: FoundLinear): void {
    const scope = this.#scope
    const expression = this.#reader.read(linear.input)
    const { sources } = expression
    const node = scope.node(linear)
    const unknown = sources.find((source): source is Source & { kind: 'unknown' } => source.kind === 'unknown')
    if (unknown?.node) {
      throw scope.refuse(
        unknown.node,
        `feeds the projection ${nodeLabel(node)}, and what it does to neurons is not known`,
      )
    }
    const key = `${linear.graph}:${linear.node}`
    const cores = sources.filter((source) => source.kind === 'attention')
    if (cores.length > 1) throw scope.refuse(node, `reads ${cores.length} attentions where one is expected`)
    if (cores.length === 1) {
      this.#projections.set(key, { site: 'attention', linear, expression, core: cores[0]!.core })
      return
    }
    const linears = sources.filter((source) => source.kind === 'linear')
    const bends = expression.bends.length > 0 || expression.multiplies
    if (linears.length > 0 && bends) {
      this.#projections.set(key, { site: 'mlp', linear, expression })
      return
    }
    // A change of width, as between an embedding and a wider stream.
    this.#notes.add(`Node ${nodeLabel(node)} projects the residual stream itself.`)
    this.#visit(linear.input)
  }

  /** The dense layer and activation that masked language models have before their logits. */
  #skipHeadTransform(value: string): boolean {
    const { sources, bends } = this.#reader.read(value)
    const only = sources.length === 1 ? sources[0]! : null
    if (only?.kind !== 'linear' || bends.length === 0) return false
    this.#notes.add(`Node ${nodeLabel(this.#scope.node(only.linear))} belongs to the head, before the logits.`)
    this.#visit(only.linear.input)
    return true
  }

  #table(from: Produced): void {
    const { made } = from
    const isBlocks = made.op === 'GatherBlockQuantized'
    const table = isBlocks ? null : resolveWeight(this.#scope, made.inputs[0]!)
    const found = table?.found ?? this.#scope.tensor(made.inputs[0] ?? '')
    const dims = found?.tensor.dims ?? []
    const [rows, width] = table?.turned === true ? dims.toReversed() : dims
    if (!found || rows === undefined || width === undefined) throw this.#scope.refuse(made, 'picks rows of no table')
    const weight = found.reference.name
    this.#tables.set(made.outputs[0]!, { rows, width: isBlocks ? 0 : width, weight, indices: made.inputs[1]! })
  }

  #embedding(made: ModelNode): void {
    const tables = [
      [0, 2],
      [made.inputs.length > 8 ? 8 : -1, 3],
      [1, 4],
    ] as const
    for (const [indices, table] of tables) {
      const found = this.#scope.tensor(made.inputs[table] ?? '')
      const [rows, width] = found?.tensor.dims ?? []
      if (!found || rows === undefined || width === undefined) continue
      const name = `${made.outputs[0]!}:${table}`
      this.#tables.set(name, { rows, width, weight: found.reference.name, indices: made.inputs[indices] ?? '' })
    }
  }

  /** True when nothing that `value` is made of is a projection or an embedding: sines of positions, for example. */
  #isPositional(value: string): boolean {
    const scope = this.#scope
    const seen = new Set<string>()
    const queue = [value]
    while (queue.length > 0) {
      const next = queue.pop()!
      if (next === '' || seen.has(next)) continue
      seen.add(next)
      if (seen.size > 500) return false
      const from = scope.produced(next)
      if (!from) continue
      if (linearWithBias(scope, next) || isTableRows(scope, from.made) || from.made.domain !== '') return false
      for (const attribute of from.made.attributes.values()) if (attribute.kind === 'graph') return false
      for (const input of from.made.inputs) queue.push(input)
    }
    return true
  }
}
