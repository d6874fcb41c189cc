import type { Random } from '../../../src/core/stats/random.ts'
import { mutated } from './mutations.ts'

/** A field of a protobuf message, with what is inside when that is a message too. */
export interface ProtoField {
  readonly number: number
  /** The whole field: tag, length, content. */
  readonly bytes: Uint8Array
  readonly inner: readonly ProtoField[] | null
}

export function varint(number: number, value: number | bigint): ProtoField {
  return { number, bytes: joined([tag(number, 0), varintBytes(value)]), inner: null }
}

export function bytes(number: number, content: Uint8Array): ProtoField {
  return { number, bytes: lengthDelimited(number, content), inner: null }
}

export function text(number: number, content: string): ProtoField {
  return bytes(number, new TextEncoder().encode(content))
}

export function float(number: number, value: number): ProtoField {
  const content = new Uint8Array(4)
  new DataView(content.buffer).setFloat32(0, value, true)
  return { number, bytes: joined([tag(number, 5), content]), inner: null }
}

/** Varints in one run. */
export function packed(number: number, values: readonly number[]): ProtoField {
  return bytes(number, joined(values.map((value) => varintBytes(value))))
}

export function message(number: number, ...inner: readonly ProtoField[]): ProtoField {
  return { number, bytes: lengthDelimited(number, bytesOfTree(inner)), inner }
}

export function bytesOfTree(fields: readonly ProtoField[]): Uint8Array {
  return joined(fields.map((field) => field.bytes))
}

/** Which fields hold messages, by the name of the message that has them: those of onnx.proto that readers look into. */
const messages: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: 'graph', 8: 'texts', 14: 'texts' },
  graph: { 1: 'node', 5: 'tensor', 11: 'value', 12: 'value', 13: 'value' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph' },
  tensor: { 13: 'texts' },
  value: { 2: 'type' },
  type: { 1: 'tensorType' },
  tensorType: { 2: 'shape' },
  shape: { 1: 'texts' },
  texts: {},
}

/** The fields of a well-formed ModelProto. */
export function treeOf(file: Uint8Array, kind = 'model'): ProtoField[] {
  const fields: ProtoField[] = []
  let at = 0
  const next = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = file[at++]!
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < file.length) {
    const start = at
    const key = next()
    const number = Math.floor(key / 8)
    let inner: ProtoField[] | null = null
    if (key % 8 === 0) next()
    else if (key % 8 === 1) at += 8
    else if (key % 8 === 5) at += 4
    else {
      const length = next()
      const child = messages[kind]?.[number]
      if (child !== undefined) inner = treeOf(file.subarray(at, at + length), child)
      at += length
    }
    fields.push({ number, bytes: file.subarray(start, at), inner })
  }
  return fields
}

/** All fields of a tree, for putting one in another's place. */
export function everyField(fields: readonly ProtoField[]): ProtoField[] {
  return fields.flatMap((field) => [field, ...(field.inner ? everyField(field.inner) : [])])
}

const extremes = [
  0n,
  1n,
  2n,
  17n,
  127n,
  1n << 31n,
  (1n << 32n) + 1n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 63n) - 1n,
  -1n,
]
const texts = ['', '\0', '\u001b[2J', 'a\nb', '\u202egpj', '../up', '/dev/zero', '99999999999999999999', 'If', 'MatMul']

/**
 * The bytes of a message with one or two seeded changes somewhere inside, all lengths around them put right: fields that are gone,
 * doubled, of another number or type, taken from elsewhere in the file, numbers at the ends of their ranges, hostile texts.
 */
export function mutatedTree(fields: readonly ProtoField[], pool: readonly ProtoField[], random: Random): Uint8Array {
  const parts = fields.map((field) => field.bytes)
  for (let change = random.integer(2); change >= 0 && fields.length > 0; change--) {
    const at = random.integer(fields.length)
    parts[at] = changedField(fields[at]!, pool, random)
  }
  return joined(parts)
}

function changedField(field: ProtoField, pool: readonly ProtoField[], random: Random): Uint8Array {
  const { number, inner } = field
  if (inner && inner.length > 0 && random.integer(8) > 0) {
    return lengthDelimited(number, mutatedTree(inner, pool, random))
  }
  const other = pool[random.integer(pool.length)]!
  switch (random.integer(9)) {
    case 0:
      return new Uint8Array(0)
    case 1:
      return joined([field.bytes, field.bytes])
    case 2:
      return joined([tag(number, 0), varintBytes(extremes[random.integer(extremes.length)]!)])
    case 3:
      return text(number, texts[random.integer(texts.length)]!).bytes
    case 4:
      return retagged(other.bytes, number)
    case 5:
      return retagged(field.bytes, 1 + random.integer(26))
    case 6:
      return joined([field.bytes, other.bytes])
    case 7:
      return lengthDelimited(number, field.bytes)
    default:
      return mutated(field.bytes, random)
  }
}

/** The field under another number, of the same type. */
function retagged(field: Uint8Array, number: number): Uint8Array {
  let tagLength = 1
  while (field[tagLength - 1]! >= 0x80) tagLength++
  return joined([tag(number, field[0]! % 8), field.subarray(tagLength)])
}

function lengthDelimited(number: number, content: Uint8Array): Uint8Array {
  return joined([tag(number, 2), varintBytes(content.length), content])
}

function tag(number: number, wire: number): Uint8Array {
  return varintBytes(8 * number + wire)
}

function varintBytes(value: bigint | number): Uint8Array {
  if (typeof value === 'number') {
    if (value < 0x80) return Uint8Array.of(value)
    if (value < 0x4000) return Uint8Array.of((value & 0x7f) | 0x80, value >> 7)
  }
  const encoded: number[] = []
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...encoded, Number(rest)])
    encoded.push(Number(rest & 0x7fn) | 0x80)
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
