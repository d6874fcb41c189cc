import type { ByteSource } from './tensor-index.ts'
import { WireReader, type WireField } from './wire.ts'

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

const largestTensorCount = 1_000_000

/**
 * Walks the protobuf wire format of an ONNX ModelProto. Weights are stepped over, never read. Every length is checked
 * against the message that holds it, so that a damaged or hostile file ends in a `bad-model` error.
 */
export function scanModel(source: ByteSource): ScannedModel {
  const wire = new WireReader(source)
  let irVersion = 0
  let producer = ''
  let opset = 0
  const metadata = new Map<string, string>()
  const tensors: ScannedTensor[] = []
  let graphs = 0
  for (const field of wire.fields(0, source.size)) {
    if (field.number === 1) irVersion = wire.count(field)
    else if (field.number === 2) producer = wire.text(field)
    else if (field.number === 8) opset = Math.max(opset, standardOpset(wire, field))
    else if (field.number === 14) {
      const [key, value] = wire.pair(field)
      metadata.set(key, value)
    } else if (field.number === 7) {
      graphs++
      for (const part of wire.message(field)) {
        if (part.number !== 5) continue
        tensors.push(scanTensor(wire, part))
        if (tensors.length > largestTensorCount) throw wire.bad(part.start, 'there are too many tensors')
      }
    }
  }
  if (graphs !== 1) throw wire.bad(0, `it holds ${graphs} graphs where one is expected: this is no ONNX model`)
  return { irVersion, producer, opset, metadata, tensors }
}

function scanTensor(wire: WireReader, field: WireField): ScannedTensor {
  const dims: number[] = []
  let type = 0
  let name = ''
  let raw: ScannedTensor['raw'] = null
  let external: Record<string, string> | null = null
  for (const part of wire.message(field)) {
    if (part.number === 1) {
      dims.push(...wire.counts(part, 16, 'a tensor has more than 16 dimensions'))
      if (dims.length > 16) throw wire.bad(part.start, 'a tensor has more than 16 dimensions')
    } else if (part.number === 2) type = wire.count(part)
    else if (part.number === 8) name = wire.text(part)
    else if (part.number === 9) raw = { offset: part.from, byteLength: part.to - part.from }
    else if (part.number === 13) {
      const [key, value] = wire.pair(part)
      external ??= Object.create(null) as Record<string, string>
      external[key] = value
    }
  }
  return { name, type, dims, raw, external }
}

/** Version of the standard operators; 0 for an entry of another domain. */
function standardOpset(wire: WireReader, field: WireField): number {
  let domain = ''
  let version = 0
  for (const part of wire.message(field)) {
    if (part.number === 1) domain = wire.text(part)
    else if (part.number === 2) version = wire.count(part)
  }
  return domain === '' ? version : 0
}
