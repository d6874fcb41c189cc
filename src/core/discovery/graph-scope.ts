import { SnipError } from '../../contract/failure.ts'
import { nodeLabel } from '../onnx/model-graph-order.ts'
import type { GraphBody, ModelGraph, ModelNode, ModelTensor, ModelValue, NodeAddress } from '../onnx/model-graph.ts'
import type { WeightReference } from './discovered-model.ts'

/** The node that makes a value, and which of its outputs the value is. */
export interface Produced extends NodeAddress {
  readonly made: ModelNode
  readonly output: number
}

/** A tensor of the file and how it is called. */
export interface FoundTensor {
  readonly tensor: ModelTensor
  readonly reference: WeightReference
}

/** A graph's values by name. */
export interface GraphMaps {
  readonly body: GraphBody
  readonly producers: ReadonlyMap<string, { readonly node: ModelNode; readonly output: number }>
  readonly inputs: ReadonlyMap<string, ModelValue>
}

/** Values as a graph and the graphs around it name them: the innermost maker of a name counts. */
export class GraphScope {
  readonly model: ModelGraph
  /** The graph whose values are meant. */
  readonly graph: number
  /** Answers about values that are asked for again and again: see constants.ts. */
  readonly constants = new Map<string, boolean>()
  readonly lists = new Map<string, readonly (number | null)[] | null>()
  readonly #chain: readonly GraphMaps[]

  /** `maps` keeps what scopes of one model have in common. */
  constructor(model: ModelGraph, graph: number, maps: Map<number, GraphMaps>) {
    this.model = model
    this.graph = graph
    const chain: GraphMaps[] = []
    for (let body: GraphBody | null = model.graphs[graph]!; body;) {
      const known = maps.get(body.id) ?? mapsOf(body)
      maps.set(body.id, known)
      chain.push(known)
      body = body.parent ? model.graphs[body.parent.graph]! : null
    }
    this.#chain = chain
  }

  produced(name: string): Produced | null {
    for (const { body, producers, inputs } of this.#chain) {
      const found = producers.get(name)
      if (found) return { graph: body.id, node: found.node.index, made: found.node, output: found.output }
      if (inputs.has(name) || body.initializers.has(name)) return null
    }
    return null
  }

  /** An initializer, or the tensor of a Constant node. */
  tensor(name: string): FoundTensor | null {
    for (const { body, producers, inputs } of this.#chain) {
      const tensor = body.initializers.get(name)
      if (tensor) return { tensor, reference: { name, graph: body.id, constant: null } }
      const found = producers.get(name)
      if (found) {
        const value = found.node.op === 'Constant' ? found.node.attributes.get('value') : undefined
        if (value?.kind !== 'tensor') return null
        const constant = { graph: body.id, node: found.node.index }
        return { tensor: value.value, reference: { name, graph: body.id, constant } }
      }
      if (inputs.has(name)) return null
    }
    return null
  }

  /** The input of the main graph of that name, when nothing nearer makes it. */
  modelInput(name: string): ModelValue | null {
    for (const { body, producers, inputs } of this.#chain) {
      if (producers.has(name) || body.initializers.has(name)) return null
      const input = inputs.get(name)
      if (input) return body.id === 0 ? input : null
    }
    return null
  }

  /** The graph that has an input of that name; the main graph when none has. */
  homeOfInput(name: string): number {
    return this.#chain.find(({ inputs }) => inputs.has(name))?.body.id ?? 0
  }

  /** Dimensions that the file declares for a value. */
  declaredDims(name: string): readonly (number | string | null)[] | null {
    for (const { body, inputs } of this.#chain) {
      const value = inputs.get(name) ?? body.valueInfo.get(name)
      if (value) return value.dims
    }
    return null
  }

  node(address: NodeAddress): ModelNode {
    return this.model.graphs[address.graph]!.nodes[address.node]!
  }

  /** A refusal that names a node. */
  refuse(node: ModelNode, what: string, remedy?: string): SnipError {
    return refusal(this.model, `node ${nodeLabel(node)} ${what}`, remedy)
  }
}

function mapsOf(body: GraphBody): GraphMaps {
  const producers = new Map<string, { node: ModelNode; output: number }>()
  for (const node of body.nodes) {
    for (const [output, name] of node.outputs.entries()) if (name !== '') producers.set(name, { node, output })
  }
  return { body, producers, inputs: new Map(body.inputs.map((input) => [input.name, input])) }
}

/** What discovery ends in when it cannot prove what a file is. */
export function refusal(model: ModelGraph, what: string, remedy?: string): SnipError {
  return new SnipError('unsupported-model', `${model.file}: ${what}`, {
    remedy:
      remedy ?? 'Open the checkpoint folder that the file was made from, or export it again with plain operators.',
  })
}

export function intAttribute(node: ModelNode, name: string, otherwise: number): number {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'int' ? attribute.value : otherwise
}

export function intsAttribute(node: ModelNode, name: string): readonly number[] | null {
  const attribute = node.attributes.get(name)
  return attribute?.kind === 'ints' ? attribute.value : null
}

/** True for a standard operator of that name. */
export function isOp(node: ModelNode, ...ops: readonly string[]): boolean {
  return node.domain === '' && ops.includes(node.op)
}

export function isMicrosoft(node: ModelNode, ...ops: readonly string[]): boolean {
  return node.domain === 'com.microsoft' && ops.includes(node.op)
}
