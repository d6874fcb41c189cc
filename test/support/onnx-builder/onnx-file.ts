import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** TensorProto.DataType of what the builders write. */
export const onnxTypes = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const

export interface FileTensor {
  readonly name: string
  readonly type: number
  readonly dims: readonly number[]
  readonly bytes: Uint8Array
  /** Kept inside although the weights go to another file: shapes and factors. */
  readonly small?: boolean
}

export type FileAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: FileTensor }
  | { readonly graph: FileGraph }

export interface FileNode {
  readonly op: string
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, FileAttribute>>
}

export interface FileValue {
  readonly name: string
  readonly type: number
  readonly dims: readonly (number | string)[]
}

export interface FileGraph {
  readonly name: string
  readonly nodes: readonly FileNode[]
  readonly tensors: readonly FileTensor[]
  readonly inputs: readonly FileValue[]
  readonly outputs: readonly FileValue[]
}

export interface FileOptions {
  readonly opset: number
  readonly irVersion?: number
  readonly producer?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Name of the file that takes the weights. */
  readonly external?: string
}

/** A model file, and the bytes of its weight file when it has one. */
export interface ModelFile {
  readonly bytes: Uint8Array
  readonly weights: Uint8Array | null
}

/** Writes a ModelProto by the field numbers of onnx.proto. */
export function writeModel(graph: FileGraph, options: FileOptions): ModelFile {
  return new ModelFileWriter(options).write(graph)
}

class ModelFileWriter {
  readonly #options: FileOptions
  readonly #external: Uint8Array[] = []
  #externalLength = 0

  constructor(options: FileOptions) {
    this.#options = options
  }

  write(graph: FileGraph): ModelFile {
    const { opset, irVersion = 8, producer = 'builder', metadata = {} } = this.#options
    const w = new BinaryWriter()
    w.tag(1, WireType.Varint).int64(irVersion)
    w.tag(2, WireType.LengthDelimited).string(producer)
    w.tag(7, WireType.LengthDelimited).bytes(this.#graph(graph))
    for (const [domain, version] of [
      ['', opset],
      ['com.microsoft', 1],
    ] as const) {
      w.tag(8, WireType.LengthDelimited).fork()
      w.tag(1, WireType.LengthDelimited).string(domain)
      w.tag(2, WireType.Varint).int64(version)
      w.join()
    }
    for (const [key, value] of Object.entries(metadata)) {
      w.tag(14, WireType.LengthDelimited).fork()
      w.tag(1, WireType.LengthDelimited).string(key)
      w.tag(2, WireType.LengthDelimited).string(value)
      w.join()
    }
    const weights = this.#options.external === undefined ? null : joined(this.#external)
    return { bytes: w.finish(), weights }
  }

  #graph(graph: FileGraph): Uint8Array {
    const w = new BinaryWriter()
    for (const node of graph.nodes) w.tag(1, WireType.LengthDelimited).bytes(this.#node(node))
    w.tag(2, WireType.LengthDelimited).string(graph.name)
    for (const tensor of graph.tensors) w.tag(5, WireType.LengthDelimited).bytes(this.#tensor(tensor))
    for (const value of graph.inputs) w.tag(11, WireType.LengthDelimited).bytes(valueBytes(value))
    for (const value of graph.outputs) w.tag(12, WireType.LengthDelimited).bytes(valueBytes(value))
    return w.finish()
  }

  #node(node: FileNode): Uint8Array {
    const w = new BinaryWriter()
    for (const input of node.inputs) w.tag(1, WireType.LengthDelimited).string(input)
    for (const output of node.outputs) w.tag(2, WireType.LengthDelimited).string(output)
    w.tag(3, WireType.LengthDelimited).string(node.name)
    w.tag(4, WireType.LengthDelimited).string(node.op)
    for (const [name, value] of Object.entries(node.attributes)) {
      w.tag(5, WireType.LengthDelimited).bytes(this.#attribute(name, value))
    }
    if (node.domain !== '') w.tag(7, WireType.LengthDelimited).string(node.domain)
    return w.finish()
  }

  #attribute(name: string, value: FileAttribute): Uint8Array {
    const w = new BinaryWriter()
    w.tag(1, WireType.LengthDelimited).string(name)
    let type = 0
    if (typeof value === 'number') {
      w.tag(3, WireType.Varint).int64(value)
      type = 2
    } else if (typeof value === 'string') {
      w.tag(4, WireType.LengthDelimited).string(value)
      type = 3
    } else if ('float' in value) {
      w.tag(2, WireType.Bit32).float(value.float)
      type = 1
    } else if ('tensor' in value) {
      w.tag(5, WireType.LengthDelimited).bytes(this.#tensor({ ...value.tensor, small: true }))
      type = 4
    } else if ('graph' in value) {
      w.tag(6, WireType.LengthDelimited).bytes(this.#graph(value.graph))
      type = 5
    } else {
      for (const entry of value) w.tag(8, WireType.Varint).int64(entry)
      type = 7
    }
    w.tag(20, WireType.Varint).int32(type)
    return w.finish()
  }

  #tensor(tensor: FileTensor): Uint8Array {
    const w = new BinaryWriter()
    for (const size of tensor.dims) w.tag(1, WireType.Varint).int64(size)
    w.tag(2, WireType.Varint).int32(tensor.type)
    w.tag(8, WireType.LengthDelimited).string(tensor.name)
    const { external } = this.#options
    if (external === undefined || tensor.small === true) {
      w.tag(9, WireType.LengthDelimited).bytes(tensor.bytes)
      return w.finish()
    }
    // Pages of 4096 bytes: what torch and optimum write, so that weights can be mapped.
    const gap = (4096 - (this.#externalLength % 4096)) % 4096
    this.#external.push(new Uint8Array(gap), tensor.bytes)
    const offset = this.#externalLength + gap
    this.#externalLength = offset + tensor.bytes.length
    for (const [key, value] of [
      ['location', external],
      ['offset', String(offset)],
      ['length', String(tensor.bytes.length)],
    ] as const) {
      w.tag(13, WireType.LengthDelimited).fork()
      w.tag(1, WireType.LengthDelimited).string(key)
      w.tag(2, WireType.LengthDelimited).string(value)
      w.join()
    }
    w.tag(14, WireType.Varint).int32(1)
    return w.finish()
  }
}

function valueBytes(value: FileValue): Uint8Array {
  const w = new BinaryWriter()
  w.tag(1, WireType.LengthDelimited).string(value.name)
  w.tag(2, WireType.LengthDelimited).fork()
  w.tag(1, WireType.LengthDelimited).fork()
  w.tag(1, WireType.Varint).int32(value.type)
  w.tag(2, WireType.LengthDelimited).fork()
  for (const dimension of value.dims) {
    w.tag(1, WireType.LengthDelimited).fork()
    if (typeof dimension === 'number') w.tag(1, WireType.Varint).int64(dimension)
    else w.tag(2, WireType.LengthDelimited).string(dimension)
    w.join()
  }
  w.join().join().join()
  return w.finish()
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
