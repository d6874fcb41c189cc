import type { Tokenizer } from '../../../core/tokenizer/tokenizer.ts'

/** Bytes of the UTF-8 character that a first byte begins; 0 for a byte that begins none. */
function characterLength(first: number): number {
  if (first < 0x80) return 1
  if (first >= 0xc2 && first < 0xe0) return 2
  if (first >= 0xe0 && first < 0xf0) return 3
  return first >= 0xf0 && first < 0xf5 ? 4 : 0
}

/**
 * What each token shows, one piece for each id: joined they are the text. A character whose bytes are spread over several tokens
 * stands in the first of them and the others are empty; bytes that are no character are written `<0xNN>`.
 */
export function readablePieces(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const pieces = ids.map(() => '')
  const owners: number[] = []
  const parts: Uint8Array[] = []
  for (const [at, id] of ids.entries()) {
    const bytes = tokenizer.tokenBytes(id) ?? new Uint8Array()
    parts.push(bytes)
    for (let i = 0; i < bytes.length; i++) owners.push(at)
  }
  const bytes = Buffer.concat(parts)
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for (let at = 0; at < bytes.length;) {
    const owner = owners[at]!
    const length = characterLength(bytes[at]!)
    let character: string | null = null
    if (length > 0 && at + length <= bytes.length) {
      try {
        character = strict.decode(bytes.subarray(at, at + length))
      } catch {
        // No character after all: its bytes are written out one by one.
      }
    }
    pieces[owner] += character ?? `<0x${bytes[at]!.toString(16).toUpperCase().padStart(2, '0')}>`
    at += character === null ? 1 : length
  }
  return pieces
}
