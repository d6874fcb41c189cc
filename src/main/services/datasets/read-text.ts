import { createDecoder, detectEncoding } from '../../../core/data/decode.ts'
import type { DataFormat, Parsed, TextParser } from '../../../core/data/formats/format.ts'
import { fileError, openLocated, type LocatedFile } from './open-file.ts'

const headBytes = 1 << 17
const chunkBytes = 1 << 18

export interface ParsedFile {
  readonly parsed: Parsed
  readonly format: DataFormat
  /** Byte order mark and invalid sequences. */
  readonly repaired: number
  readonly notes: readonly string[]
}

/**
 * Streams a text file through a parser. `chooseFormat` sees the start of the decoded text.
 * Throws 'bad-data' for bytes that are not text.
 */
export async function readTextFile(
  file: LocatedFile,
  chooseFormat: (head: string) => DataFormat,
  startParser: (format: DataFormat) => TextParser,
): Promise<ParsedFile> {
  const handle = await openLocated(file)
  try {
    const head = new Uint8Array(Math.min(headBytes, file.bytes))
    let filled = 0
    while (filled < head.length) {
      const { bytesRead } = await handle.read(head, filled, head.length - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    const start = head.subarray(0, filled)
    const { encoding, markBytes } = detectEncoding(start, file.name)
    const decoder = createDecoder(encoding, file.name, markBytes)
    const headText = decoder.push(start.subarray(markBytes))
    const format = chooseFormat(headText)
    const parser = startParser(format)
    parser.push(headText)
    const chunk = new Uint8Array(chunkBytes)
    for (let position = filled; ;) {
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
      if (bytesRead === 0) break
      position += bytesRead
      parser.push(decoder.push(chunk.subarray(0, bytesRead)))
    }
    parser.push(decoder.end())
    const parsed = parser.end()
    const notes: string[] = []
    if (encoding !== 'utf-8') notes.push(`Decoded from ${encoding.toUpperCase()}${markBytes > 0 ? '' : ' (guessed)'}.`)
    if (markBytes > 0) notes.push('A byte order mark was removed.')
    if (decoder.replaced > 0) notes.push(`${decoder.replaced} invalid byte sequences were replaced by U+FFFD.`)
    return { parsed, format, repaired: (markBytes > 0 ? 1 : 0) + decoder.replaced, notes }
  } catch (error) {
    throw fileError(error, file.path)
  } finally {
    await handle.close()
  }
}
