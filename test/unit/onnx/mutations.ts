import { SnipError } from '../../../src/contract/failure.ts'
import type { Random } from '../../../src/core/stats/random.ts'

/** What a reader gives, or the SnipError that it ends in; other errors are faults of the reader. */
export function resultOf<T>(read: () => T): T | SnipError {
  try {
    return read()
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
}

/** Bytes that break parsers: ends of varints, wire types, JSON's marks, digits. */
const nasty = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0b, 0x0c, 0x22, 0x2c, 0x2d, 0x39, 0x5b, 0x5d, 0x65, 0x7b, 0x7d]

/** A copy of `bytes` with one to four seeded changes: bits, bytes, insertions, deletions, repetitions, cuts. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let copy = Uint8Array.from(bytes)
  for (let change = random.integer(4); change >= 0 && copy.length > 0; change--) {
    const at = random.integer(copy.length)
    const until = Math.min(copy.length, at + 1 + random.integer(12))
    const [before, part, after] = [copy.subarray(0, at), copy.subarray(at, until), copy.subarray(until)]
    switch (random.integer(6)) {
      case 0:
        copy[at]! ^= 1 << random.integer(8)
        break
      case 1:
        copy[at] = nasty[random.integer(nasty.length)]!
        break
      case 2:
        copy = concat(
          before,
          Uint8Array.from(part, () => nasty[random.integer(nasty.length)]!),
          part,
          after,
        )
        break
      case 3:
        copy = concat(before, after)
        break
      case 4:
        copy = concat(before, part, part, after)
        break
      default:
        if (random.integer(4) === 0) copy = copy.slice(0, at)
        else copy[at] = random.integer(256)
    }
  }
  return copy
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
