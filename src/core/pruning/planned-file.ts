import type { ByteSource } from '../onnx/tensor-index.ts'
import { derivedByteLength, derivedChunks, type WrittenType } from './derived-bytes.ts'
import { foldedBytes, type FoldedBias } from './fold-replacement.ts'
import type { DerivedTensor } from './realise.ts'

/** A run of bytes of a file that an export writes; files are named as `TensorEntry.file` names them, or by path. */
export type FilePart =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'zeros'; readonly byteLength: number }
  | { readonly kind: 'copy'; readonly file: string; readonly offset: number; readonly byteLength: number }
  | { readonly kind: 'tensor'; readonly tensor: DerivedTensor; readonly written: WrittenType }
  | { readonly kind: 'bias'; readonly bias: FoldedBias }

/** A file of an export before a byte of it is written: its path below the export's folder, with `/`, and its parts in order. */
export interface PlannedFile {
  readonly name: string
  readonly parts: readonly FilePart[]
}

export function partLength(part: FilePart): number {
  switch (part.kind) {
    case 'bytes':
      return part.bytes.length
    case 'zeros':
    case 'copy':
      return part.byteLength
    case 'tensor':
      return derivedByteLength(part.tensor, part.written)
    case 'bias':
      return part.bias.width * Float32Array.BYTES_PER_ELEMENT
  }
}

export function fileLength({ parts }: PlannedFile): number {
  return parts.reduce((sum, part) => sum + partLength(part), 0)
}

/** Bytes copied at a time. */
const chunkBytes = 4 * 1024 * 1024

/** The bytes of a part in order, a few MB at a time. */
export function* partChunks(part: FilePart, sourceOf: (file: string) => ByteSource): Generator<Uint8Array> {
  switch (part.kind) {
    case 'bytes':
      yield part.bytes
      return
    case 'zeros':
      yield new Uint8Array(part.byteLength)
      return
    case 'copy':
      for (let done = 0; done < part.byteLength; done += chunkBytes) {
        yield sourceOf(part.file).read(part.offset + done, Math.min(chunkBytes, part.byteLength - done))
      }
      return
    case 'tensor':
      yield* derivedChunks(part.tensor, sourceOf(part.tensor.source.file), part.written)
      return
    case 'bias':
      yield foldedBytes(part.bias, sourceOf)
  }
}
