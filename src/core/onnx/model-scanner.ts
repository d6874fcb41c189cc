import { SnipError } from '../../contract/failure.ts'
import type { ByteSource } from './tensor-index.ts'

/** A tensor of the graph's initializers: where its bytes are, in the model file or beside it. */
export interface ScannedTensor {
  readonly name: string
  readonly type: number
  readonly dims: readonly number[]
  readonly raw: { readonly offset: number; readonly byteLength: number } | null
  readonly external: Readonly<Record<string, string>> | null
}

/** What an ONNX file says about itself, without its weights. */
export interface ScannedModel {
  readonly irVersion: number
  readonly producer: string
  readonly opset: number
  readonly metadata: ReadonlyMap<string, string>
  readonly tensors: readonly ScannedTensor[]
}

/** All texts together must fit in this: those of a decoder of 10,000 layers do. */
const largestStructureBytes = 64 * 1024 * 1024
const largestTextBytes = 16 * 1024 * 1024
const largestTensorCount = 1_000_000

/**
 * Walks the protobuf wire format of an ONNX ModelProto. Weights are stepped over, never read. Every length is checked
 * against the message that holds it, so that a damaged or hostile file ends in a `bad-model` error.
 */
export function scanModel(source: ByteSource): ScannedModel {
  return new ModelScan(source).run()
}

interface Field {
  readonly number: number
  readonly start: number
  /** Payload of a length-delimited field. */
  readonly from: number
  readonly to: number
  /** Value of a varint field. */
  readonly value: number
}

class ModelScan {
  readonly #source: ByteSource
  #window: Uint8Array = new Uint8Array(0)
  #windowStart = 0
  #structureBytes = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  run(): ScannedModel {
    let irVersion = 0
    let producer = ''
    let opset = 0
    const metadata = new Map<string, string>()
    const tensors: ScannedTensor[] = []
    let graphs = 0
    for (const field of this.#fields(0, this.#source.size)) {
      if (field.number === 1) irVersion = field.value
      else if (field.number === 2) producer = this.#text(field)
      else if (field.number === 8) opset = Math.max(opset, this.#opset(field))
      else if (field.number === 14) {
        const [key, value] = this.#pair(field)
        metadata.set(key, value)
      } else if (field.number === 7) {
        graphs++
        for (const part of this.#fields(field.from, field.to)) {
          if (part.number !== 5) continue
          tensors.push(this.#tensor(part))
          if (tensors.length > largestTensorCount) throw this.#bad(part.start, 'there are too many tensors')
        }
      }
    }
    if (graphs !== 1) throw this.#bad(0, `it holds ${graphs} graphs where one is expected: this is no ONNX model`)
    return { irVersion, producer, opset, metadata, tensors }
  }

  #tensor(field: Field): ScannedTensor {
    const dims: number[] = []
    let type = 0
    let name = ''
    let raw: ScannedTensor['raw'] = null
    let external: Record<string, string> | null = null
    for (const part of this.#fields(field.from, field.to)) {
      if (part.number === 1) {
        // Packed or not: both spellings are legal.
        if (part.to > part.from) dims.push(...this.#packed(part))
        else dims.push(part.value)
        if (dims.length > 16) throw this.#bad(part.start, 'a tensor has more than 16 dimensions')
      } else if (part.number === 2) type = part.value
      else if (part.number === 8) name = this.#text(part)
      else if (part.number === 9) raw = { offset: part.from, byteLength: part.to - part.from }
      else if (part.number === 13) {
        const [key, value] = this.#pair(part)
        external ??= Object.create(null) as Record<string, string>
        external[key] = value
      }
    }
    return { name, type, dims, raw, external }
  }

  #packed(field: Field): number[] {
    const values: number[] = []
    let at = field.from
    while (at < field.to) {
      const { value, next } = this.#varint(at, field.to)
      values.push(value)
      at = next
      if (values.length > 16) throw this.#bad(field.start, 'a tensor has more than 16 dimensions')
    }
    return values
  }

  #opset(field: Field): number {
    let domain = ''
    let version = 0
    for (const part of this.#fields(field.from, field.to)) {
      if (part.number === 1) domain = this.#text(part)
      else if (part.number === 2) version = part.value
    }
    return domain === '' ? version : 0
  }

  #pair(field: Field): [string, string] {
    let key = ''
    let value = ''
    for (const part of this.#fields(field.from, field.to)) {
      if (part.number === 1) key = this.#text(part)
      else if (part.number === 2) value = this.#text(part)
    }
    return [key, value]
  }

  *#fields(from: number, to: number): Generator<Field> {
    let at = from
    while (at < to) {
      const start = at
      const tag = this.#varint(at, to)
      at = tag.next
      const number = Math.floor(tag.value / 8)
      switch (tag.value % 8) {
        case 0: {
          const { value, next } = this.#varint(at, to)
          at = next
          yield { number, start, from: at, to: at, value }
          break
        }
        case 1:
          at += 8
          break
        case 2: {
          const { value: length, next } = this.#varint(at, to)
          if (length > to - next) throw this.#bad(start, `a field of ${length} bytes does not fit`)
          at = next + length
          yield { number, start, from: next, to: at, value: 0 }
          break
        }
        case 5:
          at += 4
          break
        default:
          throw this.#bad(start, 'the wire format is broken')
      }
      if (at > to) throw this.#bad(start, 'a field is cut off')
    }
  }

  /** Reads a varint; values beyond 2^53 (negative int64) are refused. */
  #varint(at: number, end: number): { value: number; next: number } {
    let value = 0
    let scale = 1
    for (let length = 0; length < 10; length++) {
      if (at + length >= end) throw this.#bad(at, 'the file ends in the middle of a number')
      const byte = this.#byte(at + length)
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value)) throw this.#bad(at, 'a number is too large')
        return { value, next: at + length + 1 }
      }
    }
    throw this.#bad(at, 'a number does not end')
  }

  #byte(at: number): number {
    if (at < this.#windowStart || at >= this.#windowStart + this.#window.length) {
      this.#windowStart = at
      this.#window = this.#source.read(at, Math.min(4096, this.#source.size - at))
    }
    return this.#window[at - this.#windowStart]!
  }

  #text(field: Field): string {
    if (field.to - field.from > largestTextBytes) throw this.#bad(field.start, 'a text is too long')
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.#read(field.from, field.to - field.from))
    } catch (error) {
      if (error instanceof SnipError) throw error
      throw this.#bad(field.start, 'a text is not UTF-8')
    }
  }

  #read(at: number, length: number): Uint8Array {
    this.#structureBytes += length
    if (this.#structureBytes > largestStructureBytes) throw this.#bad(at, 'its texts are too long')
    return this.#source.read(at, length)
  }

  #bad(at: number, what: string): SnipError {
    return new SnipError('bad-model', `${this.#source.name}, byte ${at}: ${what}`, {
      remedy: 'The file is damaged, cut short or no ONNX model: copy it again.',
    })
  }
}
