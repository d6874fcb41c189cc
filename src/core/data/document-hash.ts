import type { Document } from './dataset.ts'

/**
 * The bytes that a dataHash is made over: per document, in order, the 8-byte little-endian length of its UTF-8 bytes,
 * then those bytes. Feed the parts to SHA-256 one after another.
 */
export function* documentHashParts(documents: Iterable<Document>): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  for (const document of documents) {
    const bytes = encoder.encode(document.text)
    const length = new Uint8Array(8)
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true)
    yield length
    yield bytes
  }
}
