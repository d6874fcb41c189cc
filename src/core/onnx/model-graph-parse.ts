import { SnipError } from '../../contract/failure.ts'
import { nodeLabel, topologicalOrder } from './model-graph-order.ts'
import { readTensor } from './model-graph-tensor.ts'
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
const largestAttributeList = 65_536
const largestAttributeText = 65_536

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
      } else if (part.number === 11) inputs.push(this.#value(part))
      else if (part.number === 12) outputs.push(this.#value(part))
      else if (part.number === 13) {
        const value = this.#value(part)
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
        const attribute = this.#attribute(part, graph, index, depth)
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

  #attribute(field: WireField, graph: number, node: number, depth: number): ModelAttribute {
    const wire = this.#wire
    const tooMany = 'an attribute has too many numbers'
    let name = ''
    let type = 0
    let float = 0
    let int = 0
    let string: string | null = ''
    let tensor: WireField | null = null
    let body: WireField | null = null
    const floats: number[] = []
    const ints: number[] = []
    const strings: (string | null)[] = []
    // Files of the oldest IR versions leave the type out: the field that is there tells.
    let present = 0
    for (const part of wire.message(field)) {
      const { number } = part
      if (number === 1) name = wire.text(part)
      else if (number === 20) type = wire.count(part)
      else if (number >= 2 && number <= 11) present = number
      if (number === 2) float = wire.float(part)
      else if (number === 3) int = wire.integer(part)
      else if (number === 4) string = this.#shortText(part)
      else if (number === 5) tensor = part
      else if (number === 6) {
        if (body) throw wire.bad(part.start, 'an attribute holds two graphs')
        body = part
      } else if (number === 7) {
        if (part.wire === 5) floats.push(wire.float(part))
        else floats.push(...this.#packedFloats(part))
      } else if (number === 8) {
        const values = wire.integers(part, largestAttributeList, tooMany)
        for (const value of values) ints.push(value)
      } else if (number === 9) strings.push(this.#shortText(part))
      if (floats.length + ints.length + strings.length > largestAttributeList) throw wire.bad(part.start, tooMany)
    }
    this.#pieces += floats.length + ints.length + strings.length
    this.#count(field)
    const piece = { name, ...pieceOf(field) }
    const kind = type !== 0 ? type : typeOfField(present)
    if (kind === 1) return { ...piece, kind: 'float', value: float }
    if (kind === 2) return { ...piece, kind: 'int', value: int }
    if (kind === 3) return { ...piece, kind: 'string', value: string }
    if (kind === 4 && tensor) return { ...piece, kind: 'tensor', value: readTensor(wire, tensor) }
    if (kind === 5 && body) {
      return { ...piece, kind: 'graph', value: this.#graph(body, { graph, node, attribute: name }, depth + 1) }
    }
    if (kind === 6) return { ...piece, kind: 'floats', value: floats }
    if (kind === 7) return { ...piece, kind: 'ints', value: ints }
    if (kind === 8) return { ...piece, kind: 'strings', value: strings }
    return { ...piece, kind: 'other' }
  }

  #packedFloats(field: WireField): number[] {
    const wire = this.#wire
    const length = field.to - field.from
    if (field.wire !== 2 || length % 4 !== 0) throw wire.bad(field.start, 'a run of numbers is cut off')
    if (length > 4 * largestAttributeList) throw wire.bad(field.start, 'an attribute has too many numbers')
    const bytes = wire.bytes(field.from, length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return Array.from({ length: length / 4 }, (_, i) => view.getFloat32(4 * i, true))
  }

  /** Attributes of type text are bytes: some hold whole compiled models. */
  #shortText(field: WireField): string | null {
    if (field.to - field.from > largestAttributeText) return null
    const bytes = this.#wire.bytes(field.from, field.to - field.from)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      return null
    }
  }

  #value(field: WireField): ModelValue {
    const wire = this.#wire
    let name = ''
    let type = 0
    let dims: (number | string | null)[] | null = null
    for (const part of wire.message(field)) {
      if (part.number === 1) name = wire.text(part)
      else if (part.number === 2) {
        for (const typed of wire.message(part)) {
          // Only tensors have a shape of numbers; sequences and optionals are no inputs of a language model.
          if (typed.number !== 1) continue
          for (const tensor of wire.message(typed)) {
            if (tensor.number === 1) type = wire.count(tensor)
            else if (tensor.number === 2) dims = this.#shape(tensor)
          }
        }
      }
    }
    return { name, type, dims, ...pieceOf(field) }
  }

  #shape(field: WireField): (number | string | null)[] {
    const wire = this.#wire
    const dims: (number | string | null)[] = []
    for (const part of wire.message(field)) {
      if (part.number !== 1) continue
      let dimension: number | string | null = null
      for (const inner of wire.message(part)) {
        if (inner.number === 1) {
          const size = wire.integer(inner)
          dimension = Number.isSafeInteger(size) && size >= 0 ? size : null
        } else if (inner.number === 2) dimension = wire.text(inner)
      }
      this.#count(part)
      dims.push(dimension)
      if (dims.length > 64) throw wire.bad(part.start, 'a value has more than 64 dimensions')
    }
    return dims
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

function pieceOf(field: WireField): Piece {
  return { range: { from: field.start, to: field.to }, content: { from: field.from, to: field.to } }
}

/** AttributeProto.AttributeType of the field that holds the value. */
function typeOfField(field: number): number {
  const types: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8 }
  return types[field] ?? 0
}
