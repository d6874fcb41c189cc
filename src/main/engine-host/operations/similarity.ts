import { createHash } from 'node:crypto'
import * as ort from 'onnxruntime-node'
import { SnipError } from '../../../contract/failure.ts'
import { elementType, GraphBuilder } from '../../../core/onnx/graph.ts'
import { joinPieces, modelIrVersion, modelOpset, serialiseModel } from '../../../core/onnx/serialise.ts'
import { withFile } from '../../files/file-source.ts'
import { createSession, runSession } from '../sessions/session.ts'
import { betweenBatches } from './steps.ts'

/** A matrix of sentence vectors in a file: little-endian f32, row after row. */
export interface MatrixFile {
  readonly file: string
  /** Tells its content from any other. */
  readonly key: string
  readonly rows: number
  readonly dims: number
}

export interface SimilarityRequest {
  readonly matrix: MatrixFile
  /** Vectors to compare with, f32 [columns, dims]. */
  readonly columns: Float32Array
  readonly weights: readonly number[] | null
  readonly startAtZero: boolean
}

export interface Similarities {
  /** For each row the greatest weight x cosine over all columns. */
  readonly scores: Float64Array
  readonly zeroRows: number[]
  readonly zeroColumns: number[]
}

/** Rows of one product: 6 MB of vectors at 1,536 numbers. */
const rowsTogether = 1024
/** Cosines that are kept for the next request: 200 columns of 307,200 rows. */
const mostKept = 64_000_000
/** Up to this many numbers the greatest cosine of each row is computed once more in f64, so that ties stay ties. */
const mostExact = 64_000_000

interface Loaded {
  readonly key: string
  readonly dims: number
  readonly vectors: Float32Array
  /** Lengths of the rows. */
  readonly norms: Float64Array
  /** Cosines of all rows with a column, by the column's hash. */
  readonly products: Map<string, Float32Array>
}

/**
 * Cosines of a large matrix with some vectors, by ONNX Runtime. The matrix of the last request stays in memory with its products, so that
 * one changed column costs one column.
 */
export class SimilarityDesk {
  #loaded: Loaded | null = null
  #session: Promise<ort.InferenceSession> | null = null
  readonly #threads: number

  constructor(threads = 0) {
    this.#threads = threads
  }

  async greatest(request: SimilarityRequest, signal: AbortSignal | undefined): Promise<Similarities> {
    const { matrix, weights, startAtZero } = request
    const loaded = await this.#load(matrix, signal)
    const columns = unitColumns(request.columns, matrix.dims)
    if (columns.length === 0) throw new SnipError('bad-argument', 'There is no concept to compare with')
    const products = await this.#products(loaded, columns, signal)
    const scores = new Float64Array(matrix.rows).fill(startAtZero ? 0 : Number.NEGATIVE_INFINITY)
    const best = new Int32Array(matrix.rows).fill(-1)
    for (const [at, product] of products.entries()) {
      takeGreater(product, weights?.[at] ?? 1, at, scores, best)
      await betweenBatches(signal)
    }
    if (matrix.rows * matrix.dims <= mostExact) refine(loaded, columns, weights, best, scores)
    return {
      scores,
      zeroRows: [...loaded.norms.keys()].filter((row) => loaded.norms[row] === 0),
      zeroColumns: columns.flatMap(({ isZero }, at) => (isZero ? [at] : [])),
    }
  }

  async #load({ file, key, rows, dims }: MatrixFile, signal: AbortSignal | undefined): Promise<Loaded> {
    if (this.#loaded?.key === key) return this.#loaded
    this.#loaded = null
    const vectors = new Float32Array(rows * dims)
    withFile(file, 'the vectors of the concepts', (source) => {
      if (source.size !== vectors.byteLength) {
        throw new SnipError('bad-file', `${file} has ${source.size} bytes, not ${vectors.byteLength}`, {
          remedy: 'Delete it: it is written again.',
        })
      }
      const bytes = new Uint8Array(vectors.buffer)
      const step = 64 * 1024 * 1024
      for (let at = 0; at < bytes.length; at += step) {
        bytes.set(source.read(at, Math.min(step, bytes.length - at)), at)
      }
    })
    const norms = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      let sum = 0
      for (let at = row * dims; at < (row + 1) * dims; at++) sum += vectors[at]! * vectors[at]!
      if (!Number.isFinite(sum)) {
        throw new SnipError('not-finite', `The embedding of concept ${row + 1} holds a number that is not finite`, {
          remedy: 'Embed it again, or use another embedder.',
        })
      }
      norms[row] = Math.sqrt(sum)
      if (row % rowsTogether === 0) await betweenBatches(signal)
    }
    this.#loaded = { key, dims, vectors, norms, products: new Map() }
    return this.#loaded
  }

  async #products(loaded: Loaded, columns: readonly UnitColumn[], signal: AbortSignal | undefined) {
    const missing = new Map(
      columns.flatMap((column) => (loaded.products.has(column.hash) ? [] : [[column.hash, column]])),
    )
    if (missing.size > 0) {
      const wanted = new Set(columns.map(({ hash }) => hash))
      const rows = loaded.norms.length
      for (const hash of loaded.products.keys()) {
        if ((loaded.products.size + missing.size) * rows <= mostKept) break
        if (!wanted.has(hash)) loaded.products.delete(hash)
      }
      for (const [hash, product] of await this.#multiply(loaded, [...missing.values()], signal)) {
        loaded.products.set(hash, product)
      }
    }
    return columns.map(({ hash }) => loaded.products.get(hash)!)
  }

  async #multiply(
    { vectors, norms, dims }: Loaded,
    columns: readonly UnitColumn[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, Float32Array>> {
    this.#session ??= createSession(productModel(), null, {
      provider: 'cpu',
      threads: this.#threads,
      prepacking: false,
    })
    const session = await this.#session
    const stacked = new Float32Array(columns.length * dims)
    for (const [at, { vector }] of columns.entries()) stacked.set(vector, at * dims)
    const left = new ort.Tensor('float32', stacked, [columns.length, dims])
    const rows = norms.length
    const products = new Map(columns.map(({ hash }) => [hash, new Float32Array(rows)]))
    const inOrder = columns.map(({ hash }) => products.get(hash)!)
    for (let first = 0; first < rows; first += rowsTogether) {
      await betweenBatches(signal)
      const count = Math.min(rowsTogether, rows - first)
      const block = vectors.subarray(first * dims, (first + count) * dims)
      const results = await runSession(session, {
        columns: left,
        rows: new ort.Tensor('float32', block, [count, dims]),
      })
      const product = results['products']!.data as Float32Array
      for (const [at, values] of inOrder.entries()) {
        for (let k = 0; k < count; k++) {
          const norm = norms[first + k]!
          values[first + k] = norm === 0 ? 0 : product[at * count + k]! / norm
        }
      }
    }
    return products
  }
}

function takeGreater(
  cosines: Float32Array,
  weight: number,
  column: number,
  scores: Float64Array,
  best: Int32Array,
): void {
  for (let row = 0; row < cosines.length; row++) {
    const value = weight * cosines[row]!
    if (value <= scores[row]!) continue
    scores[row] = value
    best[row] = column
  }
}

interface UnitColumn {
  readonly vector: Float32Array
  readonly hash: string
  readonly isZero: boolean
  readonly exact: Float64Array
}

function unitColumns(all: Float32Array, dims: number): UnitColumn[] {
  const columns: UnitColumn[] = []
  for (let start = 0; start < all.length; start += dims) {
    const own = all.subarray(start, start + dims)
    let sum = 0
    for (const value of own) sum += value * value
    if (!Number.isFinite(sum)) {
      throw new SnipError(
        'not-finite',
        `The embedding of forget concept ${start / dims + 1} holds a number that is not finite`,
      )
    }
    const norm = Math.sqrt(sum)
    const exact = Float64Array.from(own, (value) => (norm === 0 ? 0 : value / norm))
    const vector = Float32Array.from(exact)
    const hash = createHash('sha256').update(new Uint8Array(vector.buffer)).digest('hex')
    columns.push({ vector, hash, isZero: norm === 0, exact })
  }
  return columns
}

/** The winning cosine of each row in f64. */
function refine(
  { vectors, norms, dims }: Loaded,
  columns: readonly UnitColumn[],
  weights: readonly number[] | null,
  best: Int32Array,
  scores: Float64Array,
): void {
  for (let row = 0; row < norms.length; row++) {
    const column = columns[best[row]!]
    if (!column || norms[row] === 0) continue
    const { exact } = column
    const own = vectors.subarray(row * dims, (row + 1) * dims)
    let sum = 0
    for (let k = 0; k < dims; k++) sum += own[k]! * exact[k]!
    scores[row] = ((weights?.[best[row]!] ?? 1) * sum) / norms[row]!
  }
}

/** columns [c, dims] x rows [r, dims] transposed: products [c, r]. */
function productModel(): Uint8Array {
  const builder = new GraphBuilder()
  builder.input('columns', elementType.float, ['c', 'dims'])
  builder.input('rows', elementType.float, ['r', 'dims'])
  builder.output(builder.node('Gemm', ['columns', 'rows'], { transB: 1 }, 'products'), elementType.float, ['c', 'r'])
  const declare = () => {
    throw new RangeError('no weights')
  }
  const options = { opset: modelOpset, irVersion: modelIrVersion, producerVersion: '', metadata: {} }
  return joinPieces(serialiseModel(builder.build(), declare, options))
}
