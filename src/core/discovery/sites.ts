import { nodeLabel } from '../onnx/model-graph-order.ts'
import { isConstant } from './constants.ts'
import type { DiscoveredColumns, DiscoveredLinear, DiscoveredSite } from './discovered-model.ts'
import type { Expression, ExpressionReader, Source } from './expression.ts'
import { intsAttribute, isOp, type GraphScope } from './graph-scope.ts'
import { headsOf } from './heads.ts'
import type { FoundLinear } from './linear.ts'
import type { FoundProjection } from './stream.ts'

/** A site before its layer is known. */
export type UnplacedSite = Omit<DiscoveredSite, 'layer' | 'copies'>

/** Completes a projection with the other readers of its weight. */
export type ShareOf = (linear: FoundLinear) => DiscoveredLinear

/** Checks a found projection in full and says what its neurons are. */
export function describeSite(
  scope: GraphScope,
  reader: ExpressionReader,
  found: FoundProjection,
  share: ShareOf,
): UnplacedSite {
  const { linear } = found
  const common = { graph: linear.graph, value: linear.input, width: linear.inputs, projection: share(linear) }
  const evidence = [`Node ${nodeLabel(scope.node(linear))} adds its result to the residual stream.`]
  let certainty: DiscoveredSite['certainty'] = 'certain'
  const doubt = (why: string) => {
    certainty = 'likely'
    evidence.push(why)
  }
  if (found.site === 'attention') {
    const { core } = found
    const heads = headsOf(scope, core, linear.inputs)
    const by = core.kind === 'fused' ? 'is an attention' : 'mixes values by a Softmax'
    evidence.push(`Its input comes from node ${nodeLabel(core.made)}, which ${by}.`, heads.evidence)
    if (found.expression.sources.length > 1) doubt('Something else than the attention reaches its input too.')
    const order = core.kind === 'fused' ? null : headOrderDoubt(scope, linear.input, core.made.outputs[0]!)
    if (order !== null) doubt(order)
    const { headCount, keyValueHeadCount, headWidth } = heads
    return {
      site: 'attention',
      ...common,
      up: null,
      gate: null,
      headCount,
      keyValueHeadCount,
      headWidth,
      activation: null,
      certainty,
      evidence,
    }
  }
  const { expression } = found
  const { up, gate } = columnsOf(expression, share)
  const operators = [...new Set(expression.bends.map(({ op }) => op))].join(', ')
  evidence.push(
    `Its input is ${operators === '' ? 'a product' : operators} of ${expression.sources.length > 1 ? 'projections' : 'a projection'} of the stream.`,
  )
  for (const source of expression.sources) {
    if (source.kind !== 'linear') {
      doubt('Something else than a projection reaches its input too.')
      continue
    }
    const { outputs } = source.linear
    const fits = source.firstColumn === 0 ? outputs >= linear.inputs : source.firstColumn + linear.inputs <= outputs
    if (!fits) {
      throw scope.refuse(
        scope.node(source.linear),
        `makes ${outputs} values, node ${nodeLabel(scope.node(linear))} reads ${linear.inputs}`,
      )
    }
    const behind = reader.read(source.linear.input)
    if (behind.bends.length > 0 || behind.sources.some(({ kind }) => kind !== 'stream' && kind !== 'linear')) {
      doubt(`Node ${nodeLabel(scope.node(source.linear))} reads something else than the stream.`)
    }
  }
  if (!up) doubt('More than two projections make its neurons.')
  return {
    site: 'mlp',
    ...common,
    up,
    gate,
    headCount: null,
    keyValueHeadCount: null,
    headWidth: null,
    activation: activationOf(expression),
    certainty,
    evidence,
  }
}

/** Which projection a gated MLP bends, and which it does not. */
function columnsOf(
  expression: Expression,
  share: ShareOf,
): { up: DiscoveredColumns | null; gate: DiscoveredColumns | null } {
  const linears = expression.sources.filter((source) => source.kind === 'linear')
  const columns = (source: Source & { kind: 'linear' }): DiscoveredColumns => ({
    linear: share(source.linear),
    firstColumn: source.firstColumn,
  })
  const [first, second] = linears
  if (!first || linears.length > 2) return { up: null, gate: null }
  if (!second) return { up: columns(first), gate: null }
  const bent = new Set(expression.bends.flatMap(({ sources }) => sources.map((source) => source.value)))
  const [gate, up] = bent.has(second.value) && !bent.has(first.value) ? [second, first] : [first, second]
  return { up: columns(up), gate: columns(gate) }
}

function activationOf(expression: Expression): DiscoveredSite['activation'] {
  const operators = new Set(expression.bends.map(({ op }) => op))
  for (const op of ['Where', 'Max', 'Min', 'Greater', 'Less', 'Clip']) operators.delete(op)
  if (operators.has('FastGelu')) return 'gelu-tanh'
  if (operators.has('QuickGelu')) return 'quick-gelu'
  if (operators.has('Gelu') || operators.has('BiasGelu') || operators.has('Erf')) return 'gelu'
  if (operators.size === 1 && operators.has('Relu')) return 'relu'
  if (operators.has('Tanh') && (operators.has('Pow') || operators.has('Square'))) return 'gelu-tanh'
  if (operators.has('Sigmoid') || operators.has('Swish')) return operators.size <= 2 ? 'silu' : 'other'
  return 'other'
}

/** Null when neurons are head x head width + dimension: the heads are moved behind the positions, then joined. */
function headOrderDoubt(scope: GraphScope, value: string, core: string): string | null {
  let at = value
  let turns = 0
  for (let step = 0; step < 64 && at !== core; step++) {
    const from = scope.produced(at)
    if (!from) break
    if (isOp(from.made, 'Transpose')) {
      turns++
      const perm = intsAttribute(from.made, 'perm')
      if (perm?.join() !== '0,2,1,3') return 'Heads are joined in an unusual order.'
    }
    const next: string | undefined = from.made.inputs.find((input) => !isConstant(scope, input))
    if (next === undefined) break
    at = next
  }
  return at === core && turns === 1 ? null : 'How the heads are joined was not followed to its end.'
}
