import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { ModelGraph } from './model-graph.ts'
import type { FileEdit, ReadBytes } from './surgery-edits.ts'
import type { ByteSource } from './tensor-index.ts'
import { WireReader } from './wire.ts'

/** metadata_props of a ModelProto. */
const metadataField = 14

/** Adds entries to a model's metadata; one that is there already is replaced where it stands. */
export function metadataEdits(
  model: ModelGraph,
  metadata: Readonly<Record<string, string>>,
  read: ReadBytes,
): FileEdit[] {
  const edits: FileEdit[] = []
  const left = new Map(Object.entries(metadata))
  for (const { number, range, content } of model.fields) {
    if (number !== metadataField || left.size === 0) continue
    const key = keyOf(read(content.from, content.to - content.from))
    const value = left.get(key)
    if (value === undefined) continue
    left.delete(key)
    edits.push({ from: range.from, to: range.to, parts: [{ kind: 'bytes', bytes: entry(key, value) }] })
  }
  if (left.size === 0) return edits
  const writer = new BinaryWriter()
  for (const [key, value] of left) writer.raw(entry(key, value))
  return [...edits, { from: model.size, to: model.size, parts: [{ kind: 'bytes', bytes: writer.finish() }] }]
}

function entry(key: string, value: string): Uint8Array {
  const writer = new BinaryWriter().tag(metadataField, WireType.LengthDelimited).fork()
  writer.tag(1, WireType.LengthDelimited).string(key)
  writer.tag(2, WireType.LengthDelimited).string(value)
  return writer.join().finish()
}

function keyOf(bytes: Uint8Array): string {
  const source: ByteSource = {
    name: 'metadata',
    size: bytes.length,
    read: (at, length) => bytes.slice(at, at + length),
  }
  const wire = new WireReader(source)
  for (const field of wire.fields(0, bytes.length)) if (field.number === 1) return wire.text(field)
  return ''
}
