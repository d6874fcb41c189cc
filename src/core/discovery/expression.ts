import type { ModelNode, NodeAddress } from '../onnx/model-graph.ts'
import { attentionAt, type AttentionCore } from './attention.ts'
import { isConstant, isLayout, isNeutral, numberOf, numbersOf } from './constants.ts'
import { intAttribute, intsAttribute, isMicrosoft, isOp, type GraphScope } from './graph-scope.ts'
import { biasOf, linearWithBias, resolveWeight, type FoundLinear } from './linear.ts'
import { normInput } from './norm.ts'

/** Where a value that works element by element comes from. */
export type Source =
  | { readonly kind: 'linear'; readonly value: string; readonly linear: FoundLinear; readonly firstColumn: number }
  | { readonly kind: 'attention'; readonly value: string; readonly core: AttentionCore }
  /** A sum of several things, a norm or an embedding: part of the residual stream. */
  | { readonly kind: 'stream'; readonly value: string }
  | { readonly kind: 'input'; readonly value: string }
  /** A node that is none of these. */
  | { readonly kind: 'unknown'; readonly value: string; readonly node: ModelNode | null }

/** What a value is made of, going back through nodes that work element by element or only move numbers. */
export interface Expression {
  readonly sources: readonly Source[]
  /** Operators that are not linear, with the sources each one bends. */
  readonly bends: readonly { readonly op: string; readonly sources: readonly Source[] }[]
  /** True when two sources are multiplied. */
  readonly multiplies: boolean
  /** True when a Reshape or Transpose moved numbers. */
  readonly moves: boolean
}

const nonlinear = new Set([
  'Relu',
  'Gelu',
  'Erf',
  'Tanh',
  'Sigmoid',
  'Pow',
  'Exp',
  'Softplus',
  'Softsign',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Celu',
  'Selu',
  'Mish',
  'Swish',
  'HardSigmoid',
  'HardSwish',
  'ThresholdedRelu',
  'Clip',
  'Abs',
  'Sqrt',
  'Max',
  'Min',
  'Where',
  'Greater',
  'Less',
  'Log',
  'Reciprocal',
])
const affine = new Set(['Add', 'Sub', 'Mul', 'Div', 'Neg', 'Sum'])
const fusedActivations = new Set(['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu'])

const mostSteps = 2000
const deepest = 400

/** Takes values apart. What was found is kept for the next question. */
export class ExpressionReader {
  readonly #scope: GraphScope
  readonly #known = new Map<string, Expression>()

  constructor(scope: GraphScope) {
    this.#scope = scope
  }

  read(value: string): Expression {
    const walk: Walk = { steps: 0, known: this.#known }
    return this.#read(value, 0, walk)
  }

  #read(value: string, depth: number, walk: Walk): Expression {
    const known = walk.known.get(value)
    if (known) return known
    if (depth > deepest || ++walk.steps > mostSteps) {
      return single({ kind: 'unknown', value, node: this.#scope.produced(value)?.made ?? null })
    }
    const made = this.#make(value, depth, walk)
    walk.known.set(value, made)
    return made
  }

  #make(value: string, depth: number, walk: Walk): Expression {
    const scope = this.#scope
    if (isConstant(scope, value)) return nothing
    const from = scope.produced(value)
    if (!from) {
      return single(scope.modelInput(value) ? { kind: 'input', value } : { kind: 'unknown', value, node: null })
    }
    const { made, output } = from
    const linear = linearWithBias(scope, value)
    if (linear) return single({ kind: 'linear', value, linear, firstColumn: 0 })
    const core = attentionAt(scope, value)
    if (core) return single({ kind: 'attention', value, core })
    if (normInput(scope, value) !== null || isStreamNode(scope, made, output)) return single({ kind: 'stream', value })
    const inner = (input: number) => this.#read(made.inputs[input] ?? '', depth + 1, walk)
    if (made.domain === '' && (isNeutral(made.op) || isLayout(made.op)) && output === 0) {
      const expression = inner(0)
      return isLayout(made.op) ? { ...expression, moves: true } : expression
    }
    if (isOp(made, 'Split')) return this.#part(value, made, output, inner(0))
    if (isOp(made, 'Slice') && output === 0) return this.#slice(value, made, inner(0))
    if (isMicrosoft(made, ...fusedActivations) && output === 0) return this.#fused(from, made, inner(0))
    if (isMicrosoft(made, 'SwiGLU', 'BiasSplitGelu')) return single({ kind: 'unknown', value, node: made })
    if (made.domain === '' && output === 0 && (nonlinear.has(made.op) || affine.has(made.op))) {
      const parts = made.inputs.map((_, i) => inner(i))
      return this.#combine(value, made, parts)
    }
    return single({ kind: 'unknown', value, node: made })
  }

  #combine(value: string, made: ModelNode, parts: readonly Expression[]): Expression {
    const live = parts.filter(({ sources }) => sources.length > 0)
    const merged = merge(live)
    if (live.length > 1 && (made.op === 'Add' || made.op === 'Sum')) {
      // Parts of an activation are made of the same projection; a sum of different things is the residual stream.
      const all = merged.sources.length
      if (!live.some(({ sources }) => sources.length === all)) return single({ kind: 'stream', value })
    }
    // x times x is a power; x times y, a gate.
    const multiplies =
      merged.multiplies || (made.op === 'Mul' && live.length > 1 && live.some((p) => differs(p, live[0]!)))
    const power = made.op === 'Mul' && live.length > 1 && !multiplies
    if (!nonlinear.has(made.op) && !power) return { ...merged, multiplies }
    if (made.op === 'Pow' && numberOf(this.#scope, made.inputs[1] ?? '') === 1) return { ...merged, multiplies }
    const op = power ? 'Square' : this.#bendName(made)
    return { ...merged, multiplies, bends: [...merged.bends, { op, sources: merged.sources }] }
  }

  /** The operator; FastGelu and QuickGelu also where standard operators say the same. */
  #bendName(made: ModelNode): string {
    const approximate = made.attributes.get('approximate')
    if (made.op === 'Gelu' && approximate?.kind === 'string' && approximate.value === 'tanh') return 'FastGelu'
    if (made.op !== 'Sigmoid') return made.op
    const factor = this.#scope.produced(made.inputs[0] ?? '')?.made
    const isScaled = factor !== undefined && isOp(factor, 'Mul')
    const by = isScaled ? factor.inputs.map((input) => numberOf(this.#scope, input)) : []
    return by.some((number) => number !== null && Math.abs(number - 1.702) < 0.002) ? 'QuickGelu' : made.op
  }

  /** A node that adds a bias, then bends. */
  #fused(from: NodeAddress, made: ModelNode, inner: Expression): Expression {
    const only = inner.sources[0]
    let { sources } = inner
    if (only?.kind === 'linear' && sources.length === 1 && (made.inputs[1] ?? '') !== '') {
      const bias = biasOf(this.#scope, from, 1, only.linear.outputs)
      if (bias && only.linear.bias === null) {
        sources = [{ ...only, linear: { ...only.linear, bias: bias.weight.name, biasReference: bias } }]
      }
    }
    return { ...inner, sources, bends: [...inner.bends, { op: made.op, sources }] }
  }

  /** One output of a Split over the last axis. */
  #part(value: string, made: ModelNode, output: number, inner: Expression): Expression {
    const scope = this.#scope
    const total = onlyLinear(inner)?.linear.outputs
    if (total === undefined) return single({ kind: 'unknown', value, node: made })
    const given = intsAttribute(made, 'split') ?? numbersOf(scope, made.inputs[1] ?? '')
    const even = total / made.outputs.length
    const sizes = given && given.length > 0 ? given : made.outputs.map(() => even)
    if (sizes.length !== made.outputs.length || !sizes.every((size) => Number.isInteger(size) && size > 0)) {
      return single({ kind: 'unknown', value, node: made })
    }
    if (sizes.reduce((sum, size) => sum + size, 0) !== total) return single({ kind: 'unknown', value, node: made })
    let first = 0
    for (let i = 0; i < output; i++) first += sizes[i]!
    return shifted(inner, first)
  }

  /** A Slice of the last axis, or of another one. */
  #slice(value: string, made: ModelNode, inner: Expression): Expression {
    const scope = this.#scope
    const axes = intsAttribute(made, 'axes') ?? numbersOf(scope, made.inputs[3] ?? '')
    const starts = intsAttribute(made, 'starts') ?? numbersOf(scope, made.inputs[1] ?? '')
    if (axes?.length !== 1 || starts?.length !== 1 || !onlyLinear(inner)) {
      return single({ kind: 'unknown', value, node: made })
    }
    const isLast = axes[0] === -1 || axes[0] === 2
    if (!isLast) return single({ kind: 'unknown', value, node: made })
    return starts[0]! >= 0 ? shifted(inner, starts[0]!) : single({ kind: 'unknown', value, node: made })
  }
}

interface Walk {
  steps: number
  readonly known: Map<string, Expression>
}

const nothing: Expression = { sources: [], bends: [], multiplies: false, moves: false }

function single(source: Source): Expression {
  return { sources: [source], bends: [], multiplies: false, moves: false }
}

function onlyLinear(expression: Expression) {
  const [only, second] = expression.sources
  return only?.kind === 'linear' && second === undefined ? only : null
}

function shifted(expression: Expression, columns: number): Expression {
  const only = onlyLinear(expression)!
  const source: Source = { ...only, value: `${only.value}+${columns}`, firstColumn: only.firstColumn + columns }
  return { ...expression, sources: [source], bends: [] }
}

function merge(parts: readonly Expression[]): Expression {
  const sources = new Map<string, Source>()
  const bends = new Set<Expression['bends'][number]>()
  for (const part of parts) {
    for (const source of part.sources) if (!sources.has(source.value)) sources.set(source.value, source)
    for (const bend of part.bends) bends.add(bend)
  }
  return {
    sources: [...sources.values()],
    bends: [...bends],
    multiplies: parts.some((part) => part.multiplies),
    moves: parts.some((part) => part.moves),
  }
}

function differs(a: Expression, b: Expression): boolean {
  const names = new Set(a.sources.map((source) => source.value))
  return a.sources.length !== b.sources.length || b.sources.some((source) => !names.has(source.value))
}

/** Nodes that give a piece of the residual stream: fused norms and sums, and rows of a table. */
export function isStreamNode(scope: GraphScope, made: ModelNode, output: number): boolean {
  if (isMicrosoft(made, 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization'))
    return output === 0 || output === 3
  if (isMicrosoft(made, 'EmbedLayerNormalization')) return output === 0
  return isTableRows(scope, made)
}

/** A Gather of rows of a weight matrix. */
export function isTableRows(scope: GraphScope, made: ModelNode): boolean {
  if (isMicrosoft(made, 'GatherBlockQuantized')) return true
  if (!isOp(made, 'Gather') || intAttribute(made, 'axis', 0) !== 0) return false
  const table = resolveWeight(scope, made.inputs[0] ?? '')
  return table !== null && table.found.tensor.dims.length === 2 && !isConstant(scope, made.inputs[1] ?? '')
}
