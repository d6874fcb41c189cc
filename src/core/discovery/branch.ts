import type { AttentionCore } from './attention.ts'
import { findCaches } from './caches.ts'
import { behind } from './constants.ts'
import type { DiscoveredCache } from './discovered-model.ts'
import { ExpressionReader } from './expression.ts'
import { isOp, refusal, type GraphScope } from './graph-scope.ts'
import type { FoundLinear } from './linear.ts'
import type { ReaderIndex } from './readers.ts'
import { describeSite, type UnplacedSite } from './sites.ts'
import { readStream, type StreamParts } from './stream.ts'

/** One whole forward pass: the main graph, or one branch of an If that chooses between passes. */
export interface BranchParts {
  readonly scope: GraphScope
  readonly head: FoundLinear
  readonly stream: StreamParts
  /** In the order of computation. */
  readonly sites: readonly UnplacedSite[]
  readonly cores: readonly AttentionCore[]
  readonly caches: readonly DiscoveredCache[]
}

/** Ten times what the deepest models have. */
const mostProjections = 20_000

/** Reads the pass whose logits are `logits`. */
export function readBranch(readers: ReaderIndex, scope: GraphScope, logits: string, graph: number): BranchParts {
  const head = headOf(scope, logits)
  if (!head) throw refusal(scope.model, 'a branch has no logits')
  const reader = new ExpressionReader(scope)
  const stream = readStream(scope, reader, head.input)
  if (stream.projections.length === 0) {
    throw refusal(scope.model, 'no attention and no MLP is added to its residual stream')
  }
  if (stream.projections.length > mostProjections) {
    throw refusal(scope.model, `more than ${mostProjections} projections are added to its residual stream`)
  }
  refuseTwins(scope, stream)
  const rank = new Map(scope.model.graphs[graph]!.order.map((node, position) => [node, position]))
  const position = (linear: FoundLinear) => (linear.graph === graph ? rank.get(linear.node)! : -1)
  const projections = stream.projections.toSorted((a, b) => position(a.linear) - position(b.linear))
  const cores = projections.flatMap((found) => (found.site === 'attention' ? [found.core] : []))
  const sites = projections.map((found) => describeSite(scope, reader, found, (linear) => readers.share(linear)))
  return { scope, head, stream, sites, cores, caches: findCaches(scope, cores, presentNames(scope, graph)) }
}

/** Two projections of one set of neurons: adapters beside a weight. */
function refuseTwins(scope: GraphScope, stream: StreamParts): void {
  const seen = new Set<string>()
  for (const { linear } of stream.projections) {
    if (seen.has(linear.input)) {
      throw scope.refuse(
        scope.node(linear),
        'and another projection read the same neurons',
        'Merge adapters (LoRA) into the weights before the export.',
      )
    }
    seen.add(linear.input)
  }
}

/** The projection that makes the logits, behind caps and casts. */
export function headOf(scope: GraphScope, logits: string): FoundLinear | null {
  const { sources } = new ExpressionReader(scope).read(logits)
  const [only, second] = sources
  return only?.kind === 'linear' && second === undefined && only.linear.outputs > 1 ? only.linear : null
}

/** By value: the output of the whole model that carries it. */
function presentNames(scope: GraphScope, graph: number): (value: string) => string | null {
  const { model } = scope
  const body = model.graphs[graph]!
  const names = new Map<string, string>()
  for (const [i, output] of body.outputs.entries()) {
    const name = body.parent === null ? output.name : outerOutput(scope, graph, i)
    if (name === null) continue
    const inner = behind(scope, output.name, true)
    for (const value of [output.name, inner]) if (!names.has(value)) names.set(value, name)
  }
  return (value) => names.get(value) ?? names.get(behind(scope, value, true)) ?? null
}

/** The model's output that an output of a branch becomes. */
function outerOutput(scope: GraphScope, graph: number, index: number): string | null {
  const { model } = scope
  const { parent } = model.graphs[graph]!
  if (!parent || parent.graph !== 0) return null
  const main = model.graphs[0]!
  const node = main.nodes[parent.node]!
  const value = node.outputs[index] ?? ''
  if (!isOp(node, 'If') || value === '') return null
  return main.outputs.find((output) => output.name === value)?.name ?? null
}
