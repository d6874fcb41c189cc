import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { SnipError } from '../../contract/failure.ts'
import type { ModelGraph, ModelNode, ModelTensor } from './model-graph.ts'
import { renameTensor, rewriteNode } from './node-rewrite.ts'
import type { PurposeGraph } from './purpose-graph.ts'
import { safeName } from './safe-names.ts'
import { tensorHeader, writeEntry, writeNode, writeValueInfo } from './serialise.ts'

/** The files of a foreign model, for those few bytes that a derived graph copies. */
export interface ModelBytes {
  /** Name of the model file in its folder, where tensors that stay in it are pointed to. */
  readonly location: string
  read(offset: number, length: number): Uint8Array
  /** Bytes of a tensor in another file; `length` null reads to its end. */
  readExternal(location: string, offset: number, length: number | null): Uint8Array
}

/** Tensors of at most this many bytes are copied: shapes and axes must be known when a session is made. */
const copiedBytes = 1024
/** Protobuf ends at 2 GiB. */
const largestModelBytes = 1.9 * 1024 ** 3

interface Emitted {
  readonly reads: readonly string[]
  readonly outputs: readonly string[]
  readonly bytes: () => Uint8Array
}

/**
 * A derived graph as a serialised model. Only nodes that the outputs need are in it, each after those that it reads. Tensors point into the
 * user's own files; those in `replaced`, by name in the file, have other bytes of the same length instead.
 */
export function purposeBytes(
  model: ModelGraph,
  purpose: PurposeGraph,
  files: ModelBytes,
  replaced: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const nodes = neededNodes(
    emitAll(model, purpose, files),
    purpose.own.outputs.map(({ name }) => name),
  )
  const graph = new BinaryWriter()
  for (const node of nodes) graph.tag(1, WireType.LengthDelimited).bytes(node.bytes())
  graph.tag(2, WireType.LengthDelimited).string('main')
  const read = new Set(nodes.flatMap(({ reads }) => reads))
  for (const constant of purpose.own.constants) {
    if (!read.has(constant.name)) continue
    const tensor = tensorHeader(constant.name, constant.type, constant.dims)
    tensor.tag(9, WireType.LengthDelimited).bytes(constant.bytes)
    graph.tag(5, WireType.LengthDelimited).bytes(tensor.finish())
  }
  let total = 0
  for (const [name, tensor] of purpose.flat.tensors) {
    if (!read.has(safeName(name))) continue
    const bytes = tensorBytes(tensor, safeName(name), files, replaced.get(name))
    total += bytes.length
    if (total > largestModelBytes) {
      throw new SnipError('out-of-memory', `${model.file} holds too many tensors that cannot be mapped`, {
        remedy: 'Save the model with external data, or prune fewer layers at a time.',
      })
    }
    graph.tag(5, WireType.LengthDelimited).bytes(bytes)
  }
  for (const value of purpose.own.inputs) writeValueInfo(graph, 11, value)
  for (const value of purpose.own.outputs) writeValueInfo(graph, 12, value)
  const whole = new BinaryWriter()
  whole.tag(1, WireType.Varint).int64(Math.max(8, model.irVersion))
  whole.tag(7, WireType.LengthDelimited).bytes(graph.finish())
  for (const { number, range } of model.fields) {
    // 8 opset_import, 25 functions
    if (number === 8 || number === 25) whole.raw(files.read(range.from, range.to - range.from))
  }
  return whole.finish()
}

function emitAll(model: ModelGraph, { flat, own, rewired }: PurposeGraph, files: ModelBytes): Emitted[] {
  const emitted: Emitted[] = own.nodes.map((node) => ({
    reads: node.inputs,
    outputs: node.outputs,
    bytes: () => {
      const field = new BinaryWriter()
      writeNode(field, node)
      return withoutHeader(field.finish())
    },
  }))
  const rewiredInputs = new Map<ModelNode, Map<number, string>>()
  for (const { graph, node, input, value } of rewired) {
    const changed = model.graphs[graph]!.nodes[node]!
    const inputs = rewiredInputs.get(changed) ?? new Map<number, string>()
    rewiredInputs.set(changed, inputs.set(input, value))
  }
  for (const { node } of flat.nodes) {
    const inputs = rewiredInputs.get(node)
    emitted.push({
      reads: [
        ...node.inputs.map((name, i) => inputs?.get(i) ?? safeName(name)),
        ...captured(model, node).map(safeName),
      ],
      outputs: node.outputs.map(safeName),
      bytes: () => {
        const { from, to } = node.content
        return rewriteNode(files.read(from, to - from), { rename: safeName, ...(inputs ? { inputs } : {}) })
      },
    })
  }
  for (const { inside, outside } of flat.branchOutputs) {
    const node = { op: 'Identity', inputs: [safeName(inside)], outputs: [safeName(outside)], attributes: {} }
    emitted.push({
      reads: node.inputs,
      outputs: node.outputs,
      bytes: () => {
        const field = new BinaryWriter()
        writeNode(field, node)
        return withoutHeader(field.finish())
      },
    })
  }
  return emitted
}

/** The message in a length-delimited field of number 1 .. 15. */
function withoutHeader(field: Uint8Array): Uint8Array {
  let at = 1
  while (field[at]! >= 0x80) at++
  return field.subarray(at + 1)
}

/** Names that the graphs inside of a node may read from around it. */
function captured(model: ModelGraph, node: ModelNode): string[] {
  const names: string[] = []
  const visit = (holder: ModelNode) => {
    for (const attribute of holder.attributes.values()) {
      if (attribute.kind !== 'graph') continue
      const body = model.graphs[attribute.value]!
      names.push(...body.outputs.map(({ name }) => name))
      for (const inner of body.nodes) {
        names.push(...inner.inputs)
        visit(inner)
      }
    }
  }
  visit(node)
  return names
}

/** Nodes that some of `outputs` need, producers before readers. */
function neededNodes(all: readonly Emitted[], outputs: readonly string[]): Emitted[] {
  const producer = new Map<string, Emitted>()
  for (const node of all) for (const output of node.outputs) if (output !== '') producer.set(output, node)
  const ordered: Emitted[] = []
  const state = new Map<Emitted, number>()
  const stack: Emitted[] = []
  const push = (name: string) => {
    const node = producer.get(name)
    if (node && !state.has(node)) {
      state.set(node, 0)
      stack.push(node)
    }
  }
  for (const output of outputs) {
    push(output)
    while (stack.length > 0) {
      const node = stack.at(-1)!
      const next = state.get(node)!
      if (next < node.reads.length) {
        state.set(node, next + 1)
        push(node.reads[next]!)
        continue
      }
      ordered.push(node)
      stack.pop()
    }
  }
  return ordered
}

/** A TensorProto under a new name: its numbers inside when they are few or replaced, else pointed to where they are. */
function tensorBytes(
  tensor: ModelTensor,
  name: string,
  files: ModelBytes,
  replaced: Uint8Array | undefined,
): Uint8Array {
  const inline = (bytes: Uint8Array) =>
    tensorHeader(name, tensor.type as 1, tensor.dims)
      .tag(9, WireType.LengthDelimited)
      .bytes(bytes)
      .finish()
  const pointer = (location: string, offset: number, byteLength: number | null) => {
    const writer = tensorHeader(name, tensor.type as 1, tensor.dims)
    writeEntry(writer, 13, 'location', location)
    writeEntry(writer, 13, 'offset', String(offset))
    if (byteLength !== null) writeEntry(writer, 13, 'length', String(byteLength))
    return writer.tag(14, WireType.Varint).int32(1).finish()
  }
  if (replaced) return inline(replaced)
  const { place } = tensor
  if (place.kind === 'external') {
    const { location, offset, byteLength } = place
    if (byteLength !== null && byteLength <= copiedBytes)
      return inline(files.readExternal(location, offset, byteLength))
    return pointer(location, offset, byteLength)
  }
  if (place.kind === 'raw' && place.byteLength > copiedBytes) {
    return pointer(files.location, place.offset, place.byteLength)
  }
  // Packed floats and doubles are as they would be in raw data.
  if (place.kind === 'typed' && place.packed && (place.field === 4 || place.field === 10)) {
    const { from, to } = place.packed
    const isPlain = tensor.type === 1 || tensor.type === 11
    if (isPlain && to - from > copiedBytes) return pointer(files.location, from, to - from)
  }
  const { from, to } = tensor.content
  return renameTensor(files.read(from, to - from), name)
}
