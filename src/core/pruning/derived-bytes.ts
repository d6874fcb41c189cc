import { bytesPerElement, elementCount, type ByteSource, type WeightType } from '../onnx/tensor-index.ts'
import { decodeWeights } from '../numbers/half.ts'
import type { DerivedTensor } from './realise.ts'

/** Bytes read and written at a time: exports never hold a tensor whole. */
const chunkBytes = 4 * 1024 * 1024

/** Exports widen BF16 to F32, which is exact: few runtimes multiply BF16. The other types stay as they are. */
export function exportedType(dtype: WeightType): WeightType {
  return dtype === 'BF16' ? 'F32' : dtype
}

/** The type that a tensor is written with: `exportedType` for ONNX, the source's own for a checkpoint. */
export type WrittenType = (dtype: WeightType) => WeightType

/** Number of bytes that `derivedChunks` yields. */
export function derivedByteLength({ source, shape }: DerivedTensor, written: WrittenType = exportedType): number {
  return (elementCount(shape) ?? 0) * bytesPerElement[written(source.dtype)]
}

/** The bytes of a derived tensor in order, a few MB at a time. */
export function* derivedChunks(
  tensor: DerivedTensor,
  file: ByteSource,
  written: WrittenType = exportedType,
): Generator<Uint8Array> {
  const { source, rows, columns, zeroRows, zeroColumns } = tensor
  const elementBytes = bytesPerElement[source.dtype]
  const [rowCount, rowLength] = source.shape.length >= 2 ? asMatrix(source.shape) : [source.shape[0] ?? 1, 1]
  const rowBytes = rowLength * elementBytes
  const zeroed = new Set(zeroRows)
  const wanted = rows ?? null
  const total = wanted?.length ?? rowCount
  const rowsPerChunk = Math.max(1, Math.floor(chunkBytes / rowBytes))
  let at = 0
  while (at < total) {
    const first = wanted?.[at] ?? at
    let count = 1
    while (at + count < total && count < rowsPerChunk && (wanted?.[at + count] ?? at + count) === first + count) count++
    const block = file.read(source.offset + first * rowBytes, count * rowBytes)
    if (zeroed.size > 0) {
      for (let row = 0; row < count; row++) {
        if (zeroed.has(first + row)) block.fill(0, row * rowBytes, (row + 1) * rowBytes)
      }
    }
    if (zeroColumns) zeroColumnsOf(block, count, rowBytes, elementBytes, zeroColumns)
    const chosen = columns ? chooseColumns(block, count, rowBytes, elementBytes, columns) : block
    yield written(source.dtype) === source.dtype ? chosen : widen(source.dtype, chosen)
    at += count
  }
}

function asMatrix(shape: readonly number[]): [number, number] {
  const [rows = 1, ...rest] = shape
  return [rows, rest.reduce((product, dimension) => product * dimension, 1)]
}

function zeroColumnsOf(
  block: Uint8Array,
  rowCount: number,
  rowBytes: number,
  elementBytes: number,
  columns: readonly number[],
): void {
  for (let row = 0; row < rowCount; row++) {
    for (const column of columns) {
      const start = row * rowBytes + column * elementBytes
      block.fill(0, start, start + elementBytes)
    }
  }
}

function chooseColumns(
  block: Uint8Array,
  rowCount: number,
  rowBytes: number,
  elementBytes: number,
  columns: readonly number[],
): Uint8Array {
  const chosen = new Uint8Array(rowCount * columns.length * elementBytes)
  let to = 0
  for (let row = 0; row < rowCount; row++) {
    for (const column of columns) {
      const from = row * rowBytes + column * elementBytes
      for (let byte = 0; byte < elementBytes; byte++) chosen[to++] = block[from + byte]!
    }
  }
  return chosen
}

function widen(dtype: WeightType, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(decodeWeights(dtype, bytes).buffer)
}
