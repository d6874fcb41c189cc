import type { FileSource } from './file-source.ts'
import { LineParts } from './line-parts.ts'
import type { FileLine, FileLines } from './read-lines.ts'

const piece = 128 * 1024
const quote = 34
const backslash = 92
const comma = 44
const isOpening = (byte: number) => byte === 91 || byte === 123
const isClosing = (byte: number) => byte === 93 || byte === 125
const isSpace = (byte: number) => byte === 32 || byte === 10 || byte === 13 || byte === 9

/**
 * The texts of the items of a JSON array, from 1, a piece of the file at a time: it is never held whole, and no item beyond `longest` bytes
 * is (its text is null). Only quotes and brackets are looked at: whether an item is JSON is for whoever parses it. What stands behind the
 * array's end, or is left of an item when the file ends, is an item, too.
 */
export function* readJsonArray(source: FileSource, longest: number): Generator<FileLines> {
  const parts = new LineParts(longest)
  let depth = 0
  let inString = false
  let isEscaped = false
  let isBlank = true
  for (let at = 0; at < source.size; at += piece) {
    const bytes = Buffer.alloc(Math.min(piece, source.size - at))
    source.readInto(at, bytes)
    const lines: FileLine[] = []
    let from = 0
    const finish = () => {
      lines.push(parts.finish())
      isBlank = true
    }
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (inString) {
        if (isEscaped) isEscaped = false
        else if (byte === backslash) isEscaped = true
        else if (byte === quote) inString = false
        continue
      }
      if (isSpace(byte)) continue
      if (depth === 0) {
        // The array's own bracket, and a mark of the encoding before it; behind its end everything is left over.
        if (isOpening(byte) && parts.finished === 0 && isBlank) {
          depth = 1
          from = i + 1
          parts.drop()
        } else if (parts.finished > 0) isBlank = false
        continue
      }
      if (depth === 1 && (byte === comma || isClosing(byte))) {
        parts.take(bytes.subarray(from, i))
        if (!isBlank || byte === comma) finish()
        from = i + 1
        if (byte !== comma) {
          depth = 0
          parts.drop()
        }
        continue
      }
      isBlank = false
      if (byte === quote) inString = true
      else if (isOpening(byte)) depth++
      else if (isClosing(byte)) depth--
    }
    parts.take(bytes.subarray(from))
    const done = at + bytes.length
    if (done >= source.size && !isBlank) finish()
    yield { lines, bytes: done }
  }
}
