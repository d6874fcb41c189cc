import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import type { FilePart } from '../pruning/planned-file.ts'
import type { ModelTensor } from './model-graph.ts'
import type { FileEdit, ReadBytes } from './surgery-edits.ts'
import type { ByteSource } from './tensor-index.ts'
import { WireReader } from './wire.ts'

/** What becomes of a tensor's declaration: other sizes, its numbers inside, or another place in the same external file. */
export interface TensorChange {
  readonly dims: readonly number[]
  /** The numbers themselves and how many bytes they are; null for a tensor whose numbers are in another file. */
  readonly inside: { readonly part: FilePart; readonly byteLength: number } | null
  readonly outside: { readonly offset: number; readonly byteLength: number } | null
}

/** Replaces a whole TensorProto field; names, types, notes and unknown fields of it stay. */
export function changeTensor(tensor: ModelTensor, change: TensorChange, read: ReadBytes): FileEdit {
  const header = read(tensor.range.from, tensor.content.from - tensor.range.from)
  let tagLength = 1
  while (header[tagLength - 1]! >= 0x80) tagLength++
  const { raw, from } = numbersRange(tensor)
  const body = new BinaryWriter()
  for (const size of change.dims) body.tag(1, WireType.Varint).int64(size)
  const keep = (start: number, end: number) => copyFields(body, read(start, end - start), change)
  // Numbers inside may be gigabytes: what is before and behind them is read alone.
  keep(tensor.content.from, raw ? fieldStart(from, read, tensor) : tensor.content.to)
  if (raw) keep(raw.to, tensor.content.to)
  if (change.outside) {
    entry(body, 'offset', String(change.outside.offset))
    entry(body, 'length', String(change.outside.byteLength))
  }
  const inside = change.inside
  if (inside) body.tag(9, WireType.LengthDelimited).uint32(inside.byteLength)
  const bytes = body.finish()
  const field = new BinaryWriter()
    .raw(header.subarray(0, tagLength))
    .uint32(bytes.length + (inside?.byteLength ?? 0))
    .raw(bytes)
    .finish()
  const parts: FilePart[] = [{ kind: 'bytes', bytes: field }, ...(inside ? [inside.part] : [])]
  return { from: tensor.range.from, to: tensor.range.to, parts }
}

/** The run of bytes that holds the numbers, if they are inside. */
function numbersRange({ place }: ModelTensor): { raw: { from: number; to: number } | null; from: number } {
  if (place.kind === 'raw') {
    const raw = { from: place.offset, to: place.offset + place.byteLength }
    return { raw, from: raw.from }
  }
  if (place.kind === 'typed' && place.packed) return { raw: place.packed, from: place.packed.from }
  return { raw: null, from: 0 }
}

/** Where the field begins whose payload begins at `payload`: its tag and length are a few bytes before it. */
function fieldStart(payload: number, read: ReadBytes, { content, place }: ModelTensor): number {
  const tag = place.kind === 'typed' ? place.field * 8 + 2 : 9 * 8 + 2
  const first = Math.max(content.from, payload - 11)
  const before = read(first, payload - first)
  // The length is a varint: all of its bytes but the last have the high bit; the tag before it has not.
  let at = before.length - 2
  while (at > 0 && before[at]! >= 0x80) at--
  return before[at] === tag ? first + at : payload
}

function copyFields(body: BinaryWriter, bytes: Uint8Array, change: TensorChange): void {
  const source: ByteSource = {
    name: 'a tensor',
    size: bytes.length,
    read: (at, length) => bytes.slice(at, at + length),
  }
  const wire = new WireReader(source)
  for (const field of wire.fields(0, bytes.length)) {
    if (field.number === 1) continue
    if (field.number === 13 && change.outside) {
      const [key] = wire.pair(field)
      if (key === 'offset' || key === 'length' || key === 'checksum') continue
    }
    body.raw(bytes.subarray(field.start, field.to))
  }
}

function entry(body: BinaryWriter, key: string, value: string): void {
  body.tag(13, WireType.LengthDelimited).fork()
  body.tag(1, WireType.LengthDelimited).string(key)
  body.tag(2, WireType.LengthDelimited).string(value)
  body.join()
}
