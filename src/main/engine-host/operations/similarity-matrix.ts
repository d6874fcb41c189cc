import { SnipError } from '../../../contract/failure.ts'
import { FileSource } from '../../files/file-source.ts'
import { bytesOf } from '../../files/write-aside.ts'
import type { ProductPanel } from './similarity-products.ts'
import { betweenBatches } from './steps.ts'

/** A matrix of sentence vectors in a file: little-endian f32, row after row. */
export interface MatrixFile {
  readonly file: string
  /** Tells its content from any other. */
  readonly key: string
  readonly rows: number
  readonly dims: number
}

/** A matrix in memory, with what was computed from it. */
export interface LoadedMatrix {
  readonly key: string
  readonly rows: number
  readonly dims: number
  readonly vectors: Float32Array
  /** Lengths of the rows; 0 for a row of zeros. */
  readonly norms: Float64Array
  /** Newest first. */
  readonly panels: ProductPanel[]
}

/** Rows of one step: 6 MB of vectors at 1,536 numbers. */
export const rowsTogether = 1024
/** Rows that are longer than this, or shorter than its inverse, are scaled: products of f32 would overflow or vanish. */
const longestAsIs = 2 ** 40

/**
 * Reads a matrix. Rows of extreme length are scaled by a power of two, which changes no cosine. Throws `bad-file` for another size than
 * was said, `not-finite` for a row with a NaN or an infinity, `out-of-memory`.
 */
export async function loadMatrix(matrix: MatrixFile, signal: AbortSignal | undefined): Promise<LoadedMatrix> {
  const { file, key, rows, dims } = matrix
  const source = new FileSource(file, 'the vectors of the concepts')
  try {
    if (source.size !== rows * dims * 4) {
      throw new SnipError('bad-file', `${file} has ${source.size} bytes, not ${rows * dims * 4}`, {
        remedy: 'Delete it: it is written again.',
      })
    }
    const vectors = allocateVectors(rows * dims)
    const norms = new Float64Array(rows)
    for (let first = 0; first < rows; first += rowsTogether) {
      await betweenBatches(signal)
      const end = Math.min(rows, first + rowsTogether)
      source.readInto(first * dims * 4, bytesOf(vectors.subarray(first * dims, end * dims)))
      for (let row = first; row < end; row += 4) takeNorms(vectors, dims, row, Math.min(end, row + 4), norms)
    }
    return { key, rows, dims, vectors, norms, panels: [] }
  } finally {
    source.close()
  }
}

/** Throws `out-of-memory`. */
export function allocateVectors(length: number): Float32Array {
  try {
    return new Float32Array(length)
  } catch (error) {
    throw new SnipError('out-of-memory', `There is no room for ${Math.round(length / 250_000)} MB of numbers`, {
      remedy: 'Close other programs, or use an embedder with fewer numbers to a text.',
      cause: error,
    })
  }
}

/** Lengths of up to four rows at once: four sums that do not wait for each other, each in the order of its row. */
function takeNorms(vectors: Float32Array, dims: number, first: number, end: number, norms: Float64Array): void {
  const rowAt = (row: number) => vectors.subarray(row * dims, (row + 1) * dims)
  const lanes = [0, 1, 2, 3].map((lane) => rowAt(Math.min(first + lane, end - 1)))
  const sums = squares(lanes[0]!, lanes[1]!, lanes[2]!, lanes[3]!)
  for (let row = first; row < end; row++) {
    const sum = sums[row - first]!
    if (!Number.isFinite(sum)) {
      throw new SnipError('not-finite', `The embedding of concept ${row + 1} holds a number that is not finite`, {
        remedy: 'Embed it again, or use another embedder.',
      })
    }
    norms[row] = Math.sqrt(sum)
    if (norms[row]! > longestAsIs || (norms[row]! < 1 / longestAsIs && sum > 0)) {
      const factor = 2 ** -Math.round(Math.log2(norms[row]!))
      for (let at = row * dims; at < (row + 1) * dims; at++) vectors[at]! *= factor
      norms[row]! *= factor
    }
  }
}

function squares(a: Float32Array, b: Float32Array, c: Float32Array, d: Float32Array): readonly number[] {
  let sumA = 0
  let sumB = 0
  let sumC = 0
  let sumD = 0
  for (let at = 0; at < a.length; at++) {
    sumA += a[at]! * a[at]!
    sumB += b[at]! * b[at]!
    sumC += c[at]! * c[at]!
    sumD += d[at]! * d[at]!
  }
  return [sumA, sumB, sumC, sumD]
}
