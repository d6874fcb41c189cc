import type { RowEdit } from '../onnx/surgery-rows.ts'
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
  /** A stored matrix whose rows are changed in place. */
  | { readonly kind: 'rows'; readonly file: string; readonly offset: number; readonly edit: RowEdit }

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
    case 'rows':
      return part.edit.rows * part.edit.rowBytes
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
    case 'rows':
      yield* editedRows(sourceOf(part.file), part.offset, part.edit)
      return
    case 'bias':
      yield foldedBytes(part.bias, sourceOf)
  }
}

function* editedRows(file: ByteSource, offset: number, { rows, rowBytes, edit }: RowEdit): Generator<Uint8Array> {
  const together = Math.max(1, Math.floor(chunkBytes / rowBytes))
  for (let first = 0; first < rows; first += together) {
    const count = Math.min(together, rows - first)
    const bytes = file.read(offset + first * rowBytes, count * rowBytes)
    for (let row = 0; row < count; row++) edit(first + row, bytes.subarray(row * rowBytes, (row + 1) * rowBytes))
    yield bytes
  }
}
