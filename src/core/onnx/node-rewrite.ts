import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { ByteSource } from './tensor-index.ts'
import { WireReader, type WireField } from './wire.ts'

/** New names for the values of a node; everything else of it is carried over as it is. */
export interface NodeEdit {
  readonly rename: (name: string) => string
  /** Inputs that read another value, by position. */
  readonly inputs?: ReadonlyMap<number, string>
}

/** A NodeProto whose values have other names, also inside the graphs that it holds. Unknown fields stay. */
export function rewriteNode(content: Uint8Array, { rename, inputs }: NodeEdit): Uint8Array {
  let input = 0
  return rewriteMessage(content, (wire, field, writer) => {
    if (field.number === 1) {
      const at = input++
      writer.tag(1, WireType.LengthDelimited).string(inputs?.get(at) ?? rename(wire.text(field)))
    } else if (field.number === 2) writer.tag(2, WireType.LengthDelimited).string(rename(wire.text(field)))
    else if (field.number === 5) {
      const attribute = content.subarray(field.from, field.to)
      writer.tag(5, WireType.LengthDelimited).bytes(rewriteAttribute(attribute, rename))
    } else return false
    return true
  })
}

/** An initializer or Constant's tensor under another name. */
export function renameTensor(content: Uint8Array, name: string): Uint8Array {
  const rest = rewriteMessage(content, (_, field) => field.number === 8)
  return new BinaryWriter().raw(rest).tag(8, WireType.LengthDelimited).string(name).finish()
}

function rewriteAttribute(content: Uint8Array, rename: (name: string) => string): Uint8Array {
  return rewriteMessage(content, (_, { number, from, to }, writer) => {
    // 6 graph, 11 graphs
    if (number !== 6 && number !== 11) return false
    writer.tag(number, WireType.LengthDelimited).bytes(rewriteGraph(content.subarray(from, to), rename))
    return true
  })
}

function rewriteGraph(content: Uint8Array, rename: (name: string) => string): Uint8Array {
  return rewriteMessage(content, (wire, field, writer) => {
    const part = content.subarray(field.from, field.to)
    if (field.number === 1) writer.tag(1, WireType.LengthDelimited).bytes(rewriteNode(part, { rename }))
    else if (field.number === 5) {
      let name = ''
      for (const inner of wire.message(field)) if (inner.number === 8) name = wire.text(inner)
      writer.tag(5, WireType.LengthDelimited).bytes(renameTensor(part, rename(name)))
    } else if (field.number >= 11 && field.number <= 13) {
      const renamed = rewriteMessage(part, (inner, info, to) => {
        if (info.number !== 1) return false
        to.tag(1, WireType.LengthDelimited).string(rename(inner.text(info)))
        return true
      })
      writer.tag(field.number, WireType.LengthDelimited).bytes(renamed)
    } else return false
    return true
  })
}

/** Copies a message field by field; `change` writes a field itself, or leaves it out, and says so. */
function rewriteMessage(
  content: Uint8Array,
  change: (wire: WireReader, field: WireField, writer: BinaryWriter) => boolean,
): Uint8Array {
  const wire = new WireReader(memorySource(content))
  const writer = new BinaryWriter()
  for (const field of wire.fields(0, content.length)) {
    if (!change(wire, field, writer)) writer.raw(content.subarray(field.start, field.to))
  }
  return writer.finish()
}

function memorySource(content: Uint8Array): ByteSource {
  return {
    name: 'a node',
    size: content.length,
    read: (offset, length) => content.slice(offset, offset + length),
  }
}
