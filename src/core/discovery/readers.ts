import type { ModelGraph, ModelNode, NodeAddress } from '../onnx/model-graph.ts'
import type { DiscoveredLinear } from './discovered-model.ts'
import { GraphScope, type GraphMaps } from './graph-scope.ts'
import type { FoundLinear } from './linear.ts'

/** More layers than share a weight in any model. */
const mostReaders = 512

/** A node that reads a value, and which input it reads it by. */
export interface ValueReader extends NodeAddress {
  readonly made: ModelNode
  readonly input: number
}

/** Who reads a value, in all graphs of the file. */
export class ReaderIndex {
  readonly model: ModelGraph
  readonly #readers = new Map<string, ValueReader[]>()
  readonly #scopes = new Map<number, GraphScope>()
  readonly #addresses = new Map<ModelNode, NodeAddress>()
  readonly #maps = new Map<number, GraphMaps>()

  constructor(model: ModelGraph) {
    this.model = model
    for (const body of model.graphs) {
      for (const made of body.nodes) {
        for (const [input, name] of made.inputs.entries()) {
          if (name === '') continue
          const key = `${this.#home(body.id, name)}:${name}`
          const list = this.#readers.get(key)
          const reader = { graph: body.id, node: made.index, made, input }
          if (list) list.push(reader)
          else this.#readers.set(key, [reader])
        }
      }
    }
  }

  scope(graph: number): GraphScope {
    const known = this.#scopes.get(graph) ?? new GraphScope(this.model, graph, this.#maps)
    this.#scopes.set(graph, known)
    return known
  }

  /** Readers of the value that `name` means in `graph`. */
  of(graph: number, name: string): readonly ValueReader[] {
    return this.#readers.get(`${this.#home(graph, name)}:${name}`) ?? []
  }

  /** Completes a projection with the other nodes that read its weight. */
  share(linear: FoundLinear): DiscoveredLinear {
    const { input: _, ...rest } = linear
    const first = linear.weightPath[0] ?? { graph: linear.graph, node: linear.node }
    const others = this.of(linear.weightReference.graph, linear.weight).filter(
      ({ graph, node }) => graph !== first.graph || node !== first.node,
    )
    if (others.length > mostReaders) {
      const node = this.scope(linear.graph).node(linear)
      throw this.scope(linear.graph).refuse(node, `shares its weight with ${others.length} others`)
    }
    return { ...rest, sharedWith: others.map((reader) => this.#addressOf(reader)) }
  }

  /** One object per node, since many projections can share one weight. */
  #addressOf({ made, graph, node }: ValueReader): NodeAddress {
    const known = this.#addresses.get(made) ?? { graph, node }
    this.#addresses.set(made, known)
    return known
  }

  /** The graph that makes the value. */
  #home(graph: number, name: string): number {
    const scope = this.scope(graph)
    const produced = scope.produced(name)
    if (produced) return produced.graph
    return scope.tensor(name)?.reference.graph ?? scope.homeOfInput(name)
  }
}
