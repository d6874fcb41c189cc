import { SnipError } from '../../contract/failure.ts'
import type { ByteSource } from './tensor-index.ts'

/** One field of a protobuf message. */
export interface WireField {
  readonly number: number
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number
  /** Where its tag begins. */
  readonly start: number
  /** Payload of a field that is no varint. */
  readonly from: number
  /** The first byte after the field. */
  readonly to: number
  /** Value of a varint as int64; rounded beyond 2^53. */
  readonly value: number
}

/** Fields that are looked at: a decoder of 1,000 layers has some 300,000. */
const largestFieldCount = 4_000_000
/** All texts together must fit in this: those of a decoder of 10,000 layers do. */
const largestStructureBytes = 64 * 1024 * 1024
const largestTextBytes = 16 * 1024 * 1024

/**
 * Walks the protobuf wire format of a file in small windows. Every length is checked against the message that holds it, so that a
 * damaged or hostile file ends in a `bad-model` error that names the byte.
 */
export class WireReader {
  readonly #source: ByteSource
  #decode: ((bytes: Uint8Array) => string) | null = null
  #window: Uint8Array = new Uint8Array(0)
  #windowStart = 0
  #structureBytes = 0
  #fieldCount = 0
  /** Where the last varint ended. */
  #next = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** The fields of the message in bytes `from .. to`. */
  *fields(from: number, to: number): Generator<WireField> {
    let at = from
    while (at < to) {
      const start = at
      if (++this.#fieldCount > largestFieldCount) throw this.bad(start, 'it has too many parts')
      const tag = this.#unsigned(this.#varint(at, to), start)
      at = this.#next
      const number = Math.floor(tag / 8)
      const wire = tag % 8
      switch (wire) {
        case 0: {
          const value = this.#varint(at, to)
          at = this.#next
          yield { number, wire, start, from: at, to: at, value }
          break
        }
        case 1:
        case 5: {
          const first = at
          at += wire === 1 ? 8 : 4
          if (at > to) throw this.bad(start, 'a field is cut off')
          yield { number, wire, start, from: first, to: at, value: 0 }
          break
        }
        case 2: {
          const length = this.#unsigned(this.#varint(at, to), start)
          const first = this.#next
          if (length > to - first) throw this.bad(start, `a field of ${length} bytes does not fit`)
          at = first + length
          yield { number, wire, start, from: first, to: at, value: 0 }
          break
        }
        default:
          throw this.bad(start, 'the wire format is broken')
      }
    }
  }

  /** The fields of the message that is the field's payload. */
  message(field: WireField): Generator<WireField> {
    this.#expect(field, 2)
    return this.fields(field.from, field.to)
  }

  /** A varint that must be at least 0 and at most 2^53. */
  count(field: WireField): number {
    this.#expect(field, 0)
    return this.#unsigned(field.value, field.start)
  }

  /** A varint of any sign. */
  integer(field: WireField): number {
    this.#expect(field, 0)
    return field.value
  }

  /** A number of four or eight bytes. */
  float(field: WireField): number {
    const wide = field.wire === 1
    if (!wide) this.#expect(field, 5)
    const bytes = this.bytes(field.from, field.to - field.from)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return wide ? view.getFloat64(0, true) : view.getFloat32(0, true)
  }

  /** The varints of a repeated field, packed or not: both spellings are legal. At most `limit` of them. */
  integers(field: WireField, limit: number, tooMany: string): number[] {
    if (field.wire === 0) return [field.value]
    this.#expect(field, 2)
    const values: number[] = []
    let at = field.from
    while (at < field.to) {
      values.push(this.#varint(at, field.to))
      at = this.#next
      if (values.length > limit) throw this.bad(field.start, tooMany)
    }
    return values
  }

  /** The sizes in a repeated field of dimensions. */
  counts(field: WireField, limit: number, tooMany: string): number[] {
    return this.integers(field, limit, tooMany).map((value) => this.#unsigned(value, field.start))
  }

  /** UTF-8 text. */
  text(field: WireField): string {
    this.#expect(field, 2)
    if (field.to - field.from > largestTextBytes) throw this.bad(field.start, 'a text is too long')
    const length = field.to - field.from
    const plain = length <= 64 ? this.#plainText(field.from, length) : null
    if (plain !== null) return plain
    const bytes = this.bytes(field.from, length)
    // Made when first needed: it costs more than reading a small file.
    this.#decode ??= strictDecoder()
    try {
      return this.#decode(bytes)
    } catch {
      throw this.bad(field.start, 'a text is not UTF-8')
    }
  }

  /** A key-value entry. */
  pair(field: WireField): [string, string] {
    let key = ''
    let value = ''
    for (const part of this.message(field)) {
      if (part.number === 1) key = this.text(part)
      else if (part.number === 2) value = this.text(part)
    }
    return [key, value]
  }

  /** A few bytes of the file; all that is read this way has a common limit. */
  bytes(at: number, length: number): Uint8Array {
    this.#spend(at, length)
    const inside = at - this.#windowStart
    if (inside >= 0 && inside + length <= this.#window.length) return this.#window.slice(inside, inside + length)
    return this.#source.read(at, length)
  }

  bad(at: number, what: string): SnipError {
    return new SnipError('bad-model', `${this.#source.name}, byte ${at}: ${what}`, {
      remedy: 'The file is damaged, cut short or no ONNX model: copy it again.',
    })
  }

  /** Names are nearly always short and of ASCII: they need neither a copy nor a decoder. Null for others. */
  #plainText(at: number, length: number): string | null {
    let text = ''
    for (let i = 0; i < length; i++) {
      const byte = this.#byte(at + i)
      if (byte >= 0x80) return null
      text += String.fromCharCode(byte)
    }
    this.#spend(at, length)
    return text
  }

  #spend(at: number, length: number): void {
    this.#structureBytes += length
    if (this.#structureBytes > largestStructureBytes) throw this.bad(at, 'its texts are too long')
  }

  #expect(field: WireField, wire: number): void {
    if (field.wire !== wire) throw this.bad(field.start, `field ${field.number} is of another type than ONNX has`)
  }

  #unsigned(value: number, at: number): number {
    if (!Number.isSafeInteger(value) || value < 0) throw this.bad(at, 'a number is negative or too large')
    return value
  }

  /** Reads a varint as a signed number of 64 bits; `#next` is the byte after it. */
  #varint(at: number, end: number): number {
    if (at >= end) throw this.bad(at, 'the file ends in the middle of a number')
    const first = this.#byte(at)
    this.#next = at + 1
    if (first < 0x80) return first
    // Seven bytes hold 49 bits, exactly; the three after them hold the rest and the sign.
    let low = first & 0x7f
    let high = 0
    for (let length = 1; length < 10; length++) {
      if (at + length >= end) throw this.bad(at, 'the file ends in the middle of a number')
      const byte = this.#byte(at + length)
      if (length < 7) low += (byte & 0x7f) * 128 ** length
      else high += ((byte & 0x7f) << (7 * (length - 7))) & 0x7fff
      if (byte < 0x80) {
        this.#next = at + length + 1
        const signed = high >= 0x4000 ? high - 0x8000 : high
        return signed * 2 ** 49 + low
      }
    }
    throw this.bad(at, 'a number does not end')
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowStart + this.#window.length) {
      this.#windowStart = at
      this.#window = this.#source.read(at, Math.min(4096, this.#source.size - at))
    }
    return this.#window[at - this.#windowStart]!
  }
}

function strictDecoder(): (bytes: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (bytes) => decoder.decode(bytes)
}
