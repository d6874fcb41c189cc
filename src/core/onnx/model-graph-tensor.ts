import type { ModelTensor, TensorPlace } from './model-graph.ts'
import { shownName } from './shown-name.ts'
import { elementCount } from './tensor-index.ts'
import type { WireField, WireReader } from './wire.ts'

/** Numbers of a tensor are read when there are at most this many: shapes, axes, factors. */
const largestSmallTensor = 64

/** Bytes of an element by TensorProto.DataType; types of less than a byte and texts are not here. */
const elementBytes: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 1],
  [3, 1],
  [4, 2],
  [5, 2],
  [6, 4],
  [7, 8],
  [9, 1],
  [10, 2],
  [11, 8],
  [12, 4],
  [13, 8],
  [14, 8],
  [15, 16],
  [16, 2],
])

/** Fields of a TensorProto that hold numbers of a type each. */
const typedFields: ReadonlySet<number> = new Set([4, 5, 6, 7, 10, 11])

interface TypedData {
  readonly field: number
  readonly from: number
  to: number
  /** False when the numbers are in several fields. */
  together: boolean
  count: number
  readonly values: number[]
}

/** Reads a TensorProto: what it is called and where its numbers are. Large data are stepped over. */
export function readTensor(wire: WireReader, field: WireField): ModelTensor {
  const dims: number[] = []
  let type = 0
  let name = ''
  let raw: { from: number; to: number } | null = null
  let typed: TypedData | null = null
  let isExternal = false
  const external = new Map<string, string>()
  for (const part of wire.message(field)) {
    if (part.number === 1) {
      dims.push(...wire.counts(part, 16, 'a tensor has more than 16 dimensions'))
      if (dims.length > 16) throw wire.bad(part.start, 'a tensor has more than 16 dimensions')
    } else if (part.number === 2) type = wire.count(part)
    else if (part.number === 8) name = wire.text(part)
    else if (part.number === 9) raw = part
    else if (part.number === 13) {
      const [key, value] = wire.pair(part)
      external.set(key, value)
      if (external.size > 64) throw wire.bad(part.start, 'an external tensor has too many entries')
    } else if (part.number === 14) isExternal = wire.count(part) === 1
    else if (typedFields.has(part.number)) typed = readTyped(wire, part, typed)
  }
  const range = { from: field.start, to: field.to }
  const content = { from: field.from, to: field.to }
  const elements = elementCount(dims)
  const label = `tensor ${shownName(name)}`
  if (elements === null) throw wire.bad(field.start, `the sizes of ${label} are too large`)
  const perElement = elementBytes.get(type)
  const expected = perElement === undefined ? null : elements * perElement
  if (expected !== null && !Number.isSafeInteger(expected)) {
    throw wire.bad(field.start, `the sizes of ${label} are too large`)
  }
  let place: TensorPlace
  let values: number[] | null = null
  if (isExternal) {
    place = externalPlace(wire, field, label, external, expected)
  } else if (raw) {
    const byteLength = raw.to - raw.from
    if (expected !== null && byteLength !== expected) {
      throw wire.bad(field.start, `${label} has ${byteLength} bytes, its sizes ask for ${expected}`)
    }
    place = { kind: 'raw', offset: raw.from, byteLength }
    if (perElement !== undefined && elements <= largestSmallTensor) {
      values = numbersOf(wire.bytes(raw.from, byteLength), type, elements)
    }
  } else if (typed) {
    const { field: number, from, to, together, count } = typed
    // Complex numbers take two entries each.
    const perEntry = type === 14 || type === 15 ? 2 : 1
    if (perElement !== undefined && number !== 6 && count >= 0 && count !== elements * perEntry) {
      throw wire.bad(field.start, `${label} has ${count} numbers, its sizes ask for ${elements}`)
    }
    place = { kind: 'typed', field: number, packed: together ? { from, to } : null }
    if (elements <= largestSmallTensor && typed.values.length === elements && number !== 6) {
      values = type === 10 || type === 16 ? typed.values.map((bits) => halfOf(bits, type)) : typed.values
    }
  } else {
    if (elements > 0 && perElement !== undefined) throw wire.bad(field.start, `${label} has no numbers`)
    place = { kind: 'empty' }
    values = elements === 0 ? [] : null
  }
  return { name, type, dims, place, values, range, content }
}

/** Counts the numbers of a typed field; a long run of varints is stepped over and its count is -1. */
function readTyped(wire: WireReader, part: WireField, before: TypedData | null): TypedData {
  if (before && before.field !== part.number) throw wire.bad(part.start, 'a tensor has numbers of two types')
  const typed = before ?? { field: part.number, from: part.from, to: part.to, together: true, count: 0, values: [] }
  if (before || part.wire !== 2) typed.together = false
  typed.to = part.to
  const byteLength = part.to - part.from
  const width = part.number === 4 ? 4 : part.number === 10 ? 8 : 0
  if (part.number === 6) {
    typed.count++
    return typed
  }
  if (part.wire !== 2) {
    typed.count = typed.count < 0 ? -1 : typed.count + 1
    if (typed.values.length <= largestSmallTensor) {
      typed.values.push(width > 0 ? wire.float(part) : wire.integer(part))
    }
    return typed
  }
  if (width > 0) {
    if (byteLength % width !== 0) throw wire.bad(part.start, 'a run of numbers is cut off')
    typed.count += byteLength / width
    if (typed.count > largestSmallTensor) return typed
    const bytes = wire.bytes(part.from, byteLength)
    typed.values.push(...(numbersOf(bytes, width === 4 ? 1 : 11, byteLength / width) ?? []))
    return typed
  }
  if (byteLength > 10 * largestSmallTensor) {
    typed.count = -1
    return typed
  }
  const values = wire.integers(part, 10 * largestSmallTensor, 'a run of numbers is too long')
  if (typed.count >= 0) typed.count += values.length
  if (typed.values.length + values.length <= 2 * largestSmallTensor) typed.values.push(...values)
  return typed
}

function externalPlace(
  wire: WireReader,
  field: WireField,
  label: string,
  entries: ReadonlyMap<string, string>,
  expected: number | null,
): TensorPlace {
  const location = entries.get('location') ?? ''
  if (location === '') throw wire.bad(field.start, `${label} is in another file, but no file is named`)
  const offset = sizeEntry(wire, field, label, entries.get('offset')) ?? 0
  const byteLength = sizeEntry(wire, field, label, entries.get('length')) ?? expected
  if (expected !== null && byteLength !== expected) {
    throw wire.bad(field.start, `${label} has ${byteLength} bytes in another file, its sizes ask for ${expected}`)
  }
  if (!Number.isSafeInteger(offset + (byteLength ?? 0))) throw wire.bad(field.start, `${label} lies beyond any file`)
  return { kind: 'external', location, offset, byteLength }
}

function sizeEntry(wire: WireReader, field: WireField, label: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const value = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(value)) {
    throw wire.bad(
      field.start,
      `${label} has the place ${shownName(text)} in another file, which is no number of bytes`,
    )
  }
  return value
}

function numbersOf(bytes: Uint8Array, type: number, count: number): number[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values: number[] = []
  for (let i = 0; i < count; i++) {
    const value = numberAt(view, type, i)
    if (value === null) return null
    values.push(value)
  }
  return values
}

function numberAt(view: DataView, type: number, i: number): number | null {
  switch (type) {
    case 1:
      return view.getFloat32(4 * i, true)
    case 2:
    case 9:
      return view.getUint8(i)
    case 3:
      return view.getInt8(i)
    case 4:
      return view.getUint16(2 * i, true)
    case 5:
      return view.getInt16(2 * i, true)
    case 6:
      return view.getInt32(4 * i, true)
    case 7:
      return Number(view.getBigInt64(8 * i, true))
    case 10:
    case 16:
      return halfOf(view.getUint16(2 * i, true), type)
    case 11:
      return view.getFloat64(8 * i, true)
    case 12:
      return view.getUint32(4 * i, true)
    case 13:
      return Number(view.getBigUint64(8 * i, true))
    default:
      return null
  }
}

/** A number of 16 bits: type 10 binary16, 16 bfloat16. */
function halfOf(bits: number, type: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = type === 10 ? (bits >> 10) & 0x1f : (bits >> 7) & 0xff
  const fraction = type === 10 ? (bits & 0x3ff) / 1024 : (bits & 0x7f) / 128
  const [last, bias] = type === 10 ? [31, 15] : [255, 127]
  if (exponent === last) return fraction > 0 ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias)
  return sign * (1 + fraction) * 2 ** (exponent - bias)
}
