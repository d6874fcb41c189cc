import { createHash } from 'node:crypto'
import type { Document } from '../../../core/data/dataset.ts'
import { documentHashParts } from '../../../core/data/document-hash.ts'

/** dataHash: SHA-256, hex, of the documents in order. */
export function hashDocuments(documents: Iterable<Document>): string {
  const hash = createHash('sha256')
  for (const part of documentHashParts(documents)) hash.update(part)
  return hash.digest('hex')
}
