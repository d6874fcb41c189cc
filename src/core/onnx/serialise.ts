import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  contribDomain,
  elementType,
  type AttributeValue,
  type ElementType,
  type Graph,
  type GraphNode,
  type ValueInfo,
} from './graph.ts'

/** Where the bytes of a weight are: beside the model in another file, or in the model file itself, written when streamed. */
export type WeightPlace =
  | { readonly kind: 'external'; readonly location: string; readonly offset: number; readonly byteLength: number }
  | { readonly kind: 'inline'; readonly byteLength: number }

/** How a weight is declared in a model. */
export interface WeightDeclaration {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly place: WeightPlace
}

export interface ModelOptions {
  readonly opset: number
  readonly irVersion: number
  readonly producerVersion: string
  readonly metadata: Readonly<Record<string, string>>
}

/** A piece of a serialised model: bytes, or the name of a weight whose raw data stand here. */
export type ModelPiece = { readonly bytes: Uint8Array } | { readonly weight: string; readonly byteLength: number }

/** Internal sessions and exported files use one opset, so that what was measured is what is written. */
export const modelOpset = 17
export const modelIrVersion = 8

/**
 * Serialises a graph as an ONNX ModelProto (field numbers of onnx.proto, IR 8). Inline weights become pieces of their own, so
 * that their bytes are streamed and never held. Same input, same bytes.
 */
export function serialiseModel(
  graph: Graph,
  declare: (name: string) => WeightDeclaration,
  options: ModelOptions,
): ModelPiece[] {
  const graphPieces = serialiseGraph(graph, declare)
  const graphLength = graphPieces.reduce((sum, piece) => sum + pieceLength(piece), 0)
  const head = new BinaryWriter()
  head.tag(1, WireType.Varint).int64(options.irVersion)
  head.tag(2, WireType.LengthDelimited).string('snip-workbench')
  head.tag(3, WireType.LengthDelimited).string(options.producerVersion)
  head.tag(7, WireType.LengthDelimited).uint32(graphLength)
  const tail = new BinaryWriter()
  tail.tag(8, WireType.LengthDelimited).fork()
  tail.tag(1, WireType.LengthDelimited).string('')
  tail.tag(2, WireType.Varint).int64(options.opset)
  tail.join()
  if (graph.nodes.some(({ domain }) => domain !== undefined)) {
    tail.tag(8, WireType.LengthDelimited).fork()
    tail.tag(1, WireType.LengthDelimited).string(contribDomain)
    tail.tag(2, WireType.Varint).int64(1)
    tail.join()
  }
  for (const [key, value] of Object.entries(options.metadata)) {
    tail.tag(14, WireType.LengthDelimited).fork()
    tail.tag(1, WireType.LengthDelimited).string(key)
    tail.tag(2, WireType.LengthDelimited).string(value)
    tail.join()
  }
  return [{ bytes: head.finish() }, ...graphPieces, { bytes: tail.finish() }]
}

/** The pieces as one buffer; for models without inline weights. */
export function joinPieces(pieces: readonly ModelPiece[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + pieceLength(piece), 0))
  let at = 0
  for (const piece of pieces) {
    if ('weight' in piece) throw new RangeError(`Weight ${piece.weight} is inline`)
    joined.set(piece.bytes, at)
    at += piece.bytes.length
  }
  return joined
}

export function pieceLength(piece: ModelPiece): number {
  return 'weight' in piece ? piece.byteLength : piece.bytes.length
}

function serialiseGraph(graph: Graph, declare: (name: string) => WeightDeclaration): ModelPiece[] {
  const pieces: ModelPiece[] = []
  let writer = new BinaryWriter()
  for (const node of graph.nodes) writeNode(writer, node)
  writer.tag(2, WireType.LengthDelimited).string('main')
  for (const constant of graph.constants) {
    const tensor = tensorHeader(constant.name, constant.type, constant.dims)
    tensor.tag(9, WireType.LengthDelimited).bytes(constant.bytes)
    writer.tag(5, WireType.LengthDelimited).bytes(tensor.finish())
  }
  for (const name of graph.weights) {
    const { type, dims, place } = declare(name)
    const tensor = tensorHeader(name, type, dims)
    if (place.kind === 'external') {
      writeEntry(tensor, 13, 'location', place.location)
      writeEntry(tensor, 13, 'offset', String(place.offset))
      writeEntry(tensor, 13, 'length', String(place.byteLength))
      tensor.tag(14, WireType.Varint).int32(1)
      writer.tag(5, WireType.LengthDelimited).bytes(tensor.finish())
      continue
    }
    tensor.tag(9, WireType.LengthDelimited).uint32(place.byteLength)
    const header = tensor.finish()
    writer.tag(5, WireType.LengthDelimited).uint32(header.length + place.byteLength)
    pieces.push({ bytes: concat(writer.finish(), header) }, { weight: name, byteLength: place.byteLength })
    writer = new BinaryWriter()
  }
  for (const value of graph.inputs) writeValueInfo(writer, 11, value)
  for (const value of graph.outputs) writeValueInfo(writer, 12, value)
  pieces.push({ bytes: writer.finish() })
  return pieces
}

/** The fields of a TensorProto before its numbers. */
export function tensorHeader(name: string, type: ElementType, dims: readonly number[]): BinaryWriter {
  const writer = new BinaryWriter()
  for (const dimension of dims) writer.tag(1, WireType.Varint).int64(dimension)
  writer.tag(2, WireType.Varint).int32(type)
  writer.tag(8, WireType.LengthDelimited).string(name)
  return writer
}

/** Writes a StringStringEntryProto as field `field`. */
export function writeEntry(writer: BinaryWriter, field: number, key: string, value: string): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(key)
  writer.tag(2, WireType.LengthDelimited).string(value)
  writer.join()
}

/** Writes a node as a field of a GraphProto. */
export function writeNode(writer: BinaryWriter, node: GraphNode): void {
  writer.tag(1, WireType.LengthDelimited).fork()
  for (const input of node.inputs) writer.tag(1, WireType.LengthDelimited).string(input)
  for (const output of node.outputs) writer.tag(2, WireType.LengthDelimited).string(output)
  if (node.name !== undefined) writer.tag(3, WireType.LengthDelimited).string(node.name)
  writer.tag(4, WireType.LengthDelimited).string(node.op)
  for (const [name, value] of Object.entries(node.attributes)) writeAttribute(writer, name, value)
  if (node.domain !== undefined) writer.tag(7, WireType.LengthDelimited).string(node.domain)
  writer.join()
}

function writeAttribute(writer: BinaryWriter, name: string, attribute: AttributeValue): void {
  writer.tag(5, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(name)
  switch (attribute.kind) {
    case 'int':
      writer.tag(3, WireType.Varint).int64(attribute.value)
      writer.tag(20, WireType.Varint).int32(2)
      break
    case 'float':
      writer.tag(2, WireType.Bit32).float(attribute.value)
      writer.tag(20, WireType.Varint).int32(1)
      break
    case 'ints':
      for (const value of attribute.value) writer.tag(8, WireType.Varint).int64(value)
      writer.tag(20, WireType.Varint).int32(7)
      break
  }
  writer.join()
}

/** Writes a graph input or output as field `field` of a GraphProto. */
export function writeValueInfo(writer: BinaryWriter, field: number, value: ValueInfo): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(value.name)
  writer.tag(2, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.Varint).int32(value.type)
  writer.tag(2, WireType.LengthDelimited).fork()
  for (const dimension of value.dims) {
    writer.tag(1, WireType.LengthDelimited).fork()
    if (typeof dimension === 'number') writer.tag(1, WireType.Varint).int64(dimension)
    else writer.tag(2, WireType.LengthDelimited).string(dimension)
    writer.join()
  }
  writer.join()
  writer.join()
  writer.join()
  writer.join()
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}

/** The ONNX element type of a weight type. */
export function onnxType(dtype: 'F32' | 'F16' | 'BF16'): ElementType {
  if (dtype === 'F32') return elementType.float
  return dtype === 'F16' ? elementType.float16 : elementType.bfloat16
}
