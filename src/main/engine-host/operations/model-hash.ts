import { createHash } from 'node:crypto'
import { withFile } from '../../files/file-source.ts'
import type { OpenModel } from '../model/open-model.ts'
import { betweenBatches } from './steps.ts'

const chunkBytes = 4 * 1024 * 1024

/**
 * SHA-256 over config.json and the weight files in name order, each as name, NUL, 8-byte little-endian length, bytes.
 * An exported .onnx counts as its own weight file.
 */
export async function modelHash(model: OpenModel, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  const files = model.hashedFiles.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  for (const { name, path } of files) {
    const size = withFile(path, name, (file) => file.size)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(size))
    hash.update(name, 'utf8').update('\0').update(length)
    for (let at = 0; at < size; at += chunkBytes) {
      await betweenBatches(signal)
      hash.update(withFile(path, name, (file) => file.read(at, Math.min(chunkBytes, size - at))))
    }
  }
  return hash.digest('hex')
}
