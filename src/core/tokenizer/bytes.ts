/** The byte-level alphabet of GPT-2: one printable character for each of the 256 bytes, and the way back. */
export interface ByteAlphabet {
  readonly characterOfByte: readonly string[]
  readonly byteOfCharacter: ReadonlyMap<string, number>
}

/** Printable bytes stand for themselves, the other 68 for U+0100 and following (GPT-2's `bytes_to_unicode`). */
export function createByteAlphabet(): ByteAlphabet {
  const characterOfByte: string[] = []
  let next = 256
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    characterOfByte.push(String.fromCharCode(printable ? byte : next))
    if (!printable) next += 1
  }
  return { characterOfByte, byteOfCharacter: new Map(characterOfByte.map((character, byte) => [character, byte])) }
}

/** The bytes of a byte-level piece; a piece with a character outside the alphabet (an added token) is UTF-8 as it is. */
export function bytesOfByteLevelPiece(
  piece: string,
  alphabet: ByteAlphabet,
  utf8: InstanceType<typeof TextEncoder>,
): Uint8Array {
  const bytes = new Uint8Array(piece.length)
  for (let i = 0; i < piece.length; i++) {
    const byte = alphabet.byteOfCharacter.get(piece.charAt(i))
    if (byte === undefined) return utf8.encode(piece)
    bytes[i] = byte
  }
  return bytes
}

/** The byte of a byte-fallback piece `<0xNN>`, or null. */
export function byteOfFallbackPiece(piece: string): number | null {
  return /^<0x[0-9A-Fa-f]{2}>$/u.test(piece) ? Number.parseInt(piece.slice(3, 5), 16) : null
}

export function fallbackPieceOfByte(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}

/** Bytes as text; bytes that are not UTF-8 are written `<0xNN>`. */
export function readableBytes(bytes: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i] ?? 0
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    try {
      text += strict.decode(bytes.subarray(i, i + length))
      i += length
    } catch {
      text += fallbackPieceOfByte(first)
      i += 1
    }
  }
  return text
}

/** How many bytes of UTF-8 the character of a well-formed text that begins at `index` takes. */
export function utf8LengthAt(text: string, index: number): number {
  const code = text.codePointAt(index) ?? 0
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}
