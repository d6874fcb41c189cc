import { SnipError } from '../../contract/failure.ts'
import type { Site } from '../../contract/neuron.ts'
import type { DiscoveredLinear, DiscoveredModel, SitePlace } from '../discovery/discovered-model.ts'
import { nodeLabel } from './model-graph-order.ts'
import type { GraphBody, ModelGraph, ModelNode, ModelTensor } from './model-graph.ts'

/** A site in the graph that runs. */
export interface FlatSite {
  readonly site: Site
  readonly layer: number
  readonly width: number
  readonly place: SitePlace
}

/** The nodes that run in one state of a model: the main graph, and of a merged decoder the one branch that is taken. */
export interface FlatGraph {
  /** Positions in `ModelGraph.graphs` of the graphs whose nodes are in it, the main graph first. */
  readonly graphs: readonly number[]
  /** Without the If nodes that are resolved and without Constant nodes, whose tensors are in `tensors`. */
  readonly nodes: readonly { readonly graph: number; readonly node: ModelNode }[]
  readonly tensors: ReadonlyMap<string, ModelTensor>
  /** What the resolved If nodes give: the branch's value, and the name it has outside. */
  readonly branchOutputs: readonly { readonly inside: string; readonly outside: string }[]
  readonly sites: readonly FlatSite[]
  readonly head: DiscoveredLinear | null
}

/** Which branch of a merged decoder runs: the one that computes everything, or the one that reads the cache. */
export type DecoderBranch = 'whole' | 'cached'

/**
 * The nodes that run. The input `use_cache_branch` decides which branch of a merged decoder's If that is: true takes `then_branch`.
 * Throws `unsupported-model`, naming the node, where something else decides.
 */
export function flattenGraph(model: ModelGraph, discovered: DiscoveredModel, branch: DecoderBranch): FlatGraph {
  const graphs = branchGraphs(model, discovered, branch)
  const resolved = new Map<ModelNode, GraphBody>()
  for (const id of graphs) {
    const { parent } = model.graphs[id]!
    if (parent) resolved.set(model.graphs[parent.graph]!.nodes[parent.node]!, model.graphs[id]!)
  }
  const nodes: { graph: number; node: ModelNode }[] = []
  const tensors = new Map<string, ModelTensor>()
  const branchOutputs: { inside: string; outside: string }[] = []
  const known = new Set<string>()
  const add = (name: string, graph: number) => {
    if (name === '') return
    if (known.has(name)) {
      throw unsupported(model, `the value ${JSON.stringify(name.slice(0, 120))} stands in graph ${graph} and around it`)
    }
    known.add(name)
  }
  for (const id of graphs) {
    const body = model.graphs[id]!
    for (const [name, tensor] of body.initializers) {
      add(name, id)
      tensors.set(name, tensor)
    }
    for (const node of body.nodes) {
      for (const output of node.outputs) add(output, id)
      const inner = resolved.get(node)
      const value = node.op === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined
      if (inner) {
        inner.outputs.forEach(({ name }, i) => {
          const outside = node.outputs[i]
          if (outside !== undefined && outside !== '') branchOutputs.push({ inside: name, outside })
        })
      } else if (value?.kind === 'tensor') tensors.set(node.outputs[0]!, value.value)
      else nodes.push({ graph: id, node })
    }
  }
  return {
    graphs,
    nodes,
    tensors,
    branchOutputs,
    sites: discovered.sites.flatMap((site) => {
      const place = [site, ...site.copies].find(({ graph }) => graphs.includes(graph))
      return place ? [{ site: site.site, layer: site.layer, width: site.width, place }] : []
    }),
    head: discovered.heads.find(({ graph }) => graphs.includes(graph)) ?? null,
  }
}

/** Whether the sites are in the branches of an If. */
export function isMerged(discovered: DiscoveredModel): boolean {
  return discovered.sites.some(({ graph }) => graph !== 0)
}

function branchGraphs(model: ModelGraph, discovered: DiscoveredModel, branch: DecoderBranch): number[] {
  const first = discovered.sites[0]
  if (!first || first.graph === 0) return [0]
  const wanted = branch === 'cached' ? 'then_branch' : 'else_branch'
  for (const { graph } of [first, ...first.copies]) {
    const { parent } = model.graphs[graph]!
    if (!parent || parent.attribute !== wanted) continue
    const node = model.graphs[parent.graph]!.nodes[parent.node]!
    if (parent.graph !== 0 || node.op !== 'If') {
      throw unsupported(model, `the layers are inside of ${nodeLabel(node)}, which is no If of the main graph`)
    }
    if (!comesFrom(model.graphs[0]!, node.inputs[0] ?? '', discovered.inputs.useCacheBranch)) {
      throw unsupported(model, `what decides the branch of ${nodeLabel(node)} is not the input use_cache_branch`)
    }
    return [0, graph]
  }
  throw unsupported(model, `no ${wanted} holds all layers`)
}

/** Whether a value is an input, through nodes that keep it as it is. */
function comesFrom(body: GraphBody, value: string, input: string | null): boolean {
  if (input === null) return false
  let at = value
  for (let steps = 0; steps < 8; steps++) {
    if (at === input) return true
    const node = body.nodes.find(({ outputs }) => outputs[0] === at)
    if (!node || !['Identity', 'Cast', 'Squeeze', 'Reshape'].includes(node.op)) return false
    at = node.inputs[0] ?? ''
  }
  return false
}

function unsupported(model: ModelGraph, what: string): SnipError {
  return new SnipError('unsupported-model', `${model.file}: ${what}`, {
    remedy: 'Export the model again without merging its decoders, or open the checkpoint that it was made from.',
  })
}
