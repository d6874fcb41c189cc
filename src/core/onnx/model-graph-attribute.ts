import { readTensor } from './model-graph-tensor.ts'
import { pieceOf } from './model-graph-value.ts'
import type { ModelAttribute } from './model-graph.ts'
import type { WireField, WireReader } from './wire.ts'

const largestAttributeList = 65_536
const largestAttributeText = 65_536

/** What a reader of attributes needs of whoever reads the graph. */
export interface AttributeReader {
  /** Reads a graph that is an attribute's value; its id. */
  readonly readBody: (body: WireField, attribute: string) => number
  readonly count: (entries: number, field: WireField) => void
}

/**
 * An AttributeProto. `readBody` reads the graph that is its value; `count` is told how many numbers and texts a list holds.
 */
export function readAttribute(
  wire: WireReader,
  field: WireField,
  { readBody, count }: AttributeReader,
): ModelAttribute {
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
    else if (number === 4) string = shortText(wire, part)
    else if (number === 5) tensor = part
    else if (number === 6) {
      if (body) throw wire.bad(part.start, 'an attribute holds two graphs')
      body = part
    } else if (number === 7) {
      if (part.wire === 5) floats.push(wire.float(part))
      else floats.push(...packedFloats(wire, part))
    } else if (number === 8) {
      const values = wire.integers(part, largestAttributeList, tooMany)
      for (const value of values) ints.push(value)
    } else if (number === 9) strings.push(shortText(wire, part))
    if (floats.length + ints.length + strings.length > largestAttributeList) throw wire.bad(part.start, tooMany)
  }
  count(floats.length + ints.length + strings.length, field)
  const piece = { name, ...pieceOf(field) }
  const kind = type !== 0 ? type : typeOfField(present)
  if (kind === 1) return { ...piece, kind: 'float', value: float }
  if (kind === 2) return { ...piece, kind: 'int', value: int }
  if (kind === 3) return { ...piece, kind: 'string', value: string }
  if (kind === 4 && tensor) return { ...piece, kind: 'tensor', value: readTensor(wire, tensor) }
  if (kind === 5 && body) {
    return { ...piece, kind: 'graph', value: readBody(body, name) }
  }
  if (kind === 6) return { ...piece, kind: 'floats', value: floats }
  if (kind === 7) return { ...piece, kind: 'ints', value: ints }
  if (kind === 8) return { ...piece, kind: 'strings', value: strings }
  return { ...piece, kind: 'other' }
}

function packedFloats(wire: WireReader, field: WireField): number[] {
  const length = field.to - field.from
  if (field.wire !== 2 || length % 4 !== 0) throw wire.bad(field.start, 'a run of numbers is cut off')
  if (length > 4 * largestAttributeList) throw wire.bad(field.start, 'an attribute has too many numbers')
  const bytes = wire.bytes(field.from, length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: length / 4 }, (_, i) => view.getFloat32(4 * i, true))
}

/** Attributes of type text are bytes: some hold whole compiled models. */
function shortText(wire: WireReader, field: WireField): string | null {
  if (field.to - field.from > largestAttributeText) return null
  const bytes = wire.bytes(field.from, field.to - field.from)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

/** AttributeProto.AttributeType of the field that holds the value. */
function typeOfField(field: number): number {
  const types: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7, 9: 8 }
  return types[field] ?? 0
}
