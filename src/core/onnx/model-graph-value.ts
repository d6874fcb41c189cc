import type { ModelValue, Piece } from './model-graph.ts'
import type { WireField, WireReader } from './wire.ts'

/** A ValueInfoProto: its name, and its type and shape where it says them. `count` is told each part. */
export function readValue(wire: WireReader, field: WireField, count: (part: WireField) => void): ModelValue {
  let name = ''
  let type = 0
  let dims: (number | string | null)[] | null = null
  for (const part of wire.message(field)) {
    if (part.number === 1) name = wire.text(part)
    else if (part.number === 2) {
      for (const typed of wire.message(part)) {
        // Only tensors have a shape of numbers; sequences and optionals are no inputs of a language model.
        if (typed.number !== 1) continue
        for (const tensor of wire.message(typed)) {
          if (tensor.number === 1) type = wire.count(tensor)
          else if (tensor.number === 2) dims = readShape(wire, tensor, count)
        }
      }
    }
  }
  return { name, type, dims, ...pieceOf(field) }
}

function readShape(wire: WireReader, field: WireField, count: (part: WireField) => void): (number | string | null)[] {
  const dims: (number | string | null)[] = []
  for (const part of wire.message(field)) {
    if (part.number !== 1) continue
    let dimension: number | string | null = null
    for (const inner of wire.message(part)) {
      if (inner.number === 1) {
        const size = wire.integer(inner)
        dimension = Number.isSafeInteger(size) && size >= 0 ? size : null
      } else if (inner.number === 2) dimension = wire.text(inner)
    }
    count(part)
    dims.push(dimension)
    if (dims.length > 64) throw wire.bad(part.start, 'a value has more than 64 dimensions')
  }
  return dims
}

/** Where a field stands, and what it holds. */
export function pieceOf(field: WireField): Piece {
  return { range: { from: field.start, to: field.to }, content: { from: field.from, to: field.to } }
}
