import { SnipError } from '../../contract/failure.ts'
import { readAttribute } from './model-graph-attribute.ts'
import { nodeLabel, topologicalOrder } from './model-graph-order.ts'
import { readTensor } from './model-graph-tensor.ts'
import { pieceOf, readValue } from './model-graph-value.ts'
import type {
  GraphBody,
  ModelAttribute,
  ModelFunction,
  ModelGraph,
  ModelNode,
  ModelTensor,
  ModelValue,
  Piece,
} from './model-graph.ts'
import { shownName } from './shown-name.ts'
import type { ByteSource } from './tensor-index.ts'
import { WireReader, type WireField } from './wire.ts'

/** Nodes, names, attributes, tensors and numbers together: a decoder of 1,000 layers has some 300,000. */
const largestPieceCount = 1_000_000
const largestGraphCount = 4096
const deepestNesting = 16

/**
 * The structure of an ONNX ModelProto: all graphs, nodes and attributes, and where each weight lies. Weights are stepped over.
 * Counts, depth, texts and sizes are bounded; a name that nothing makes, a value that two nodes make and a cycle are refused.
 *
 * @throws SnipError `bad-model`, naming the byte or the node.
 */
export function parseModelGraph(source: ByteSource): ModelGraph {
  return new ModelGraphParse(source).run()
}

class ModelGraphParse {
  readonly #source: ByteSource
  readonly #wire: WireReader
  readonly #graphs: GraphBody[] = []
  /** Names that a body reads from the graphs around it, by graph. */
  readonly #captures = new Map<number, readonly string[]>()
  #graphCount = 0
  #pieces = 0

  constructor(source: ByteSource) {
    this.#source = source
    this.#wire = new WireReader(source)
  }

  run(): ModelGraph {
    const wire = this.#wire
    let irVersion = 0
    let producer = ''
    let producerVersion = ''
    const opsets = new Map<string, number>()
    const metadata = new Map<string, string>()
    const functions: ModelFunction[] = []
    const fields: (Piece & { number: number })[] = []
    let graphField: WireField | null = null
    for (const field of wire.fields(0, this.#source.size)) {
      this.#count(field)
      fields.push({ number: field.number, ...pieceOf(field) })
      if (field.number === 1) irVersion = wire.count(field)
      else if (field.number === 2) producer = wire.text(field)
      else if (field.number === 3) producerVersion = wire.text(field)
      else if (field.number === 7) {
        if (graphField) throw wire.bad(field.start, 'it holds 2 graphs where one is expected: this is no ONNX model')
        graphField = field
      } else if (field.number === 8) {
        const [domain, version] = this.#opset(field)
        opsets.set(domain, version)
      } else if (field.number === 14) {
        const [key, value] = wire.pair(field)
        metadata.set(key, value)
      } else if (field.number === 25) functions.push(this.#function(field))
    }
    if (!graphField) throw wire.bad(0, 'it holds 0 graphs where one is expected: this is no ONNX model')
    this.#graph(graphField, null, 0)
    const missing = this.#captures.get(0)![0]
    if (missing !== undefined) {
      const reader = this.#graphs[0]!.nodes.find((node) => this.#reads(node).includes(missing))
      const place = reader ? `node ${nodeLabel(reader)}` : 'an output of the graph'
      throw this.#broken(`${place} reads ${shownName(missing)}, which nothing makes`)
    }
    const { name: file, size } = this.#source
    return {
      file,
      size,
      irVersion,
      producer,
      producerVersion,
      opsets,
      metadata,
      graphs: this.#graphs,
      functions,
      fields,
    }
  }

  #graph(field: WireField, parent: GraphBody['parent'], depth: number): number {
    const wire = this.#wire
    if (depth > deepestNesting) throw wire.bad(field.start, `graphs are nested more than ${deepestNesting} deep`)
    const id = this.#graphCount++
    if (id >= largestGraphCount) throw wire.bad(field.start, `there are more than ${largestGraphCount} graphs`)
    let name = ''
    const nodes: ModelNode[] = []
    const initializers = new Map<string, ModelTensor>()
    const inputs: ModelValue[] = []
    const outputs: ModelValue[] = []
    const valueInfo = new Map<string, ModelValue>()
    for (const part of wire.message(field)) {
      this.#count(part)
      if (part.number === 1) nodes.push(this.#node(part, id, nodes.length, depth))
      else if (part.number === 2) name = wire.text(part)
      else if (part.number === 5) {
        const tensor = readTensor(wire, part)
        if (initializers.has(tensor.name)) {
          throw wire.bad(part.start, `there are two tensors ${shownName(tensor.name)}`)
        }
        initializers.set(tensor.name, tensor)
      } else if (part.number === 11) inputs.push(readValue(wire, part, (inner) => this.#count(inner)))
      else if (part.number === 12) outputs.push(readValue(wire, part, (inner) => this.#count(inner)))
      else if (part.number === 13) {
        const value = readValue(wire, part, (inner) => this.#count(inner))
        valueInfo.set(value.name, value)
      } else if (part.number === 15) throw wire.bad(part.start, 'sparse initializers are not read')
    }
    const makers = new Set(inputs.map((input) => input.name))
    for (const tensor of initializers.keys()) makers.add(tensor)
    for (const node of nodes) {
      for (const output of node.outputs) {
        if (output === '') continue
        if (makers.has(output)) throw this.#broken(`node ${nodeLabel(node)} makes ${shownName(output)} a second time`)
        makers.add(output)
      }
    }
    const captures = new Set<string>()
    for (const node of nodes) for (const read of this.#reads(node)) if (!makers.has(read)) captures.add(read)
    for (const output of outputs) if (!makers.has(output.name)) captures.add(output.name)
    this.#captures.set(id, [...captures])
    this.#graphs[id] = {
      id,
      name,
      parent,
      nodes,
      initializers,
      inputs: inputs.filter((input) => !initializers.has(input.name)),
      outputs,
      valueInfo,
      order: topologicalOrder(nodes, (node) => this.#reads(node), this.#source.name),
      ...pieceOf(field),
    }
    return id
  }

  /** Names that a node reads, those that its bodies read from outside included. */
  #reads(node: ModelNode): readonly string[] {
    const reads = node.inputs.filter((name) => name !== '')
    for (const attribute of node.attributes.values()) {
      if (attribute.kind !== 'graph') continue
      for (const name of this.#captures.get(attribute.value)!) reads.push(name)
    }
    return reads
  }

  #node(field: WireField, graph: number, index: number, depth: number): ModelNode {
    const wire = this.#wire
    let name = ''
    let op = ''
    let domain = ''
    const inputs: string[] = []
    const outputs: string[] = []
    const attributes = new Map<string, ModelAttribute>()
    for (const part of wire.message(field)) {
      this.#count(part)
      if (part.number === 1) inputs.push(wire.text(part))
      else if (part.number === 2) outputs.push(wire.text(part))
      else if (part.number === 3) name = wire.text(part)
      else if (part.number === 4) op = wire.text(part)
      else if (part.number === 5) {
        const attribute = readAttribute(wire, part, {
          readBody: (body, named) => this.#graph(body, { graph, node: index, attribute: named }, depth + 1),
          count: (entries, at) => {
            this.#pieces += entries
            this.#count(at)
          },
        })
        if (attributes.has(attribute.name)) {
          throw wire.bad(part.start, `a node has two attributes ${shownName(attribute.name)}`)
        }
        attributes.set(attribute.name, attribute)
      } else if (part.number === 7) domain = wire.text(part)
    }
    if (op === '') throw wire.bad(field.start, 'a node has no operator')
    if (domain === 'ai.onnx') domain = ''
    return { index, name, op, domain, inputs, outputs, attributes, ...pieceOf(field) }
  }

  #function(field: WireField): ModelFunction {
    let name = ''
    let domain = ''
    for (const part of this.#wire.message(field)) {
      if (part.number === 1) name = this.#wire.text(part)
      else if (part.number === 10) domain = this.#wire.text(part)
    }
    return { name, domain, ...pieceOf(field) }
  }

  #opset(field: WireField): [string, number] {
    let domain = ''
    let version = 0
    for (const part of this.#wire.message(field)) {
      if (part.number === 1) domain = this.#wire.text(part)
      else if (part.number === 2) version = this.#wire.integer(part)
    }
    return [domain === 'ai.onnx' ? '' : domain, version]
  }

  #count(field: WireField): void {
    if (++this.#pieces > largestPieceCount) throw this.#wire.bad(field.start, 'it has too many parts')
  }

  #broken(what: string): SnipError {
    return new SnipError('bad-model', `${this.#source.name}: ${what}`, {
      remedy: 'The graph is broken: export the model again.',
    })
  }
}
