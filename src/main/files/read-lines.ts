import { FileSource } from './file-source.ts'
import { LineParts } from './line-parts.ts'

const piece = 1024 * 1024
const lineFeed = 10

/** A line of a file, from 1, without its line feed; null for one that is longer than was asked for. */
export interface FileLine {
  readonly line: number
  readonly text: string | null
}

/** The lines that end within one piece of a file, and the bytes read so far. */
export interface FileLines {
  readonly lines: readonly FileLine[]
  readonly bytes: number
}

/** Lines of a file as UTF-8, a piece of one megabyte at a time: the file is never held whole, and no line beyond `longest` bytes is. */
export function* readLines(source: FileSource, longest: number): Generator<FileLines> {
  const parts = new LineParts(longest)
  for (let at = 0; at < source.size; at += piece) {
    const bytes = Buffer.alloc(Math.min(piece, source.size - at))
    source.readInto(at, bytes)
    const lines: FileLine[] = []
    let from = 0
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, from)) {
      parts.take(bytes.subarray(from, end))
      lines.push(parts.finish())
      from = end + 1
    }
    parts.take(bytes.subarray(from))
    const done = at + bytes.length
    if (done >= source.size && parts.hasBegun) lines.push(parts.finish())
    yield { lines, bytes: done }
  }
}
