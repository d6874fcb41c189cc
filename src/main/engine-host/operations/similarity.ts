import { SnipError } from '../../../contract/failure.ts'
import { scaleForget } from '../../../core/ranking/cosine.ts'
import { ExactScores } from './similarity-exact.ts'
import { loadMatrix, rowsTogether, type LoadedMatrix, type MatrixFile } from './similarity-matrix.ts'
import { MaximaPass } from './similarity-maxima.ts'
import { ColumnProduct, panelWidth, planProducts, unitColumns, type ProductPanel } from './similarity-products.ts'
import { betweenBatches } from './steps.ts'

export type { MatrixFile } from './similarity-matrix.ts'

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

export interface SimilarityLimits {
  /** Threads of a product; 0 means one for each processor. */
  readonly threads?: number
  /** Products that are kept for the next requests, in all. */
  readonly mostKept?: number
  /** Up to this many numbers of a matrix, the scores are those of f64; beyond, those of f32 products. */
  readonly mostExact?: number
}

/** 400 MB: 208 columns of 307,200 rows, and a question of a hundred beside them. */
const usuallyKept = 100_000_000
const usuallyExact = 64_000_000

/**
 * Cosines of a large matrix with some vectors, by ONNX Runtime. The matrix of the last request stays in memory with its products, so that
 * one changed column costs one column. A score does not depend on whether its product was kept or computed now.
 */
export class SimilarityDesk {
  #loaded: LoadedMatrix | null = null
  /** Requests share the kept products: one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #limits: Required<SimilarityLimits>

  constructor({ threads = 0, mostKept = usuallyKept, mostExact = usuallyExact }: SimilarityLimits = {}) {
    this.#limits = { threads, mostKept, mostExact }
  }

  /** Throws `bad-argument` without a column, `not-finite`, `bad-file` for a file of another size, `cancelled`. */
  greatest(request: SimilarityRequest, signal: AbortSignal | undefined): Promise<Similarities> {
    const own = this.#turn.then(() => this.#greatest(request, signal))
    this.#turn = own.catch(() => undefined)
    return own
  }

  async #greatest(request: SimilarityRequest, signal: AbortSignal | undefined): Promise<Similarities> {
    const { matrix, weights, startAtZero, columns } = request
    if (columns.length === 0) throw new SnipError('bad-argument', 'There is no concept to compare with')
    const { scaled, zeroRows: zeroColumns } = scaleForget(columns, matrix.dims, weights)
    if (this.#loaded?.key !== matrix.key) {
      this.#loaded = null
      this.#loaded = await loadMatrix(matrix, signal)
    }
    const scores = await this.#scores(this.#loaded, request, scaled, signal)
    if (startAtZero) for (let row = 0; row < scores.length; row++) scores[row] = Math.max(0, scores[row]!)
    const { norms } = this.#loaded
    const zeroRows: number[] = []
    for (let row = 0; row < norms.length; row++) if (norms[row] === 0) zeroRows.push(row)
    return { scores, zeroRows, zeroColumns }
  }

  async #scores(
    loaded: LoadedMatrix,
    request: SimilarityRequest,
    scaled: readonly Float64Array[],
    signal: AbortSignal | undefined,
  ): Promise<Float64Array> {
    const { rows, dims, vectors, norms, panels } = loaded
    const columns = unitColumns(request.columns, dims)
    const keeps = rows * panelWidth(columns.length) <= this.#limits.mostKept
    const { panel, slots, fresh, moved } = planProducts(
      keeps ? panels : [],
      columns,
      keeps ? rows : Math.min(rows, rowsTogether),
      this.#limits.mostKept,
    )
    const { width, values, hashes } = panel
    if (keeps) makeRoom(panels, [panel, moved?.from ?? panel], this.#limits.mostKept)
    const weights = new Float64Array(width).fill(Number.NaN)
    for (const [at, slot] of slots.entries()) weights[slot] = request.weights?.[at] ?? 1
    const exact = rows * dims <= this.#limits.mostExact ? new ExactScores(scaled, slots, weights) : null
    // A panel that holds this question's columns alone is written by the product itself.
    const isWhole = fresh.length === columns.length
    const freshSlots = fresh.map((at) => slots[at]!)
    if (isWhole) hashes.fill(null)
    else for (const slot of freshSlots) hashes[slot] = null
    const pass = new MaximaPass(panel.maxima, weights, freshSlots, rows)
    panel.maxima = null
    const product =
      fresh.length === 0
        ? null
        : await ColumnProduct.of(
            fresh.map((at) => columns[at]!),
            dims,
            isWhole ? width : 0,
            this.#limits.threads,
          )
    try {
      const aside = new Float32Array(product === null || isWhole ? 0 : rowsTogether * product.width)
      const greatest = new Float32Array(rowsTogether)
      const scores = new Float64Array(rows)
      for (let first = 0; first < rows; first += rowsTogether) {
        await betweenBatches(signal)
        const end = Math.min(rows, first + rowsTogether)
        const block = vectors.subarray(first * dims, end * dims)
        const products = keeps ? values.subarray(first * width, end * width) : values.subarray(0, (end - first) * width)
        pass.before(products, first, end)
        if (moved) {
          const { from } = moved
          const old = from.values.subarray(first * from.width, end * from.width)
          for (const [slot, to] of moved.slots) copyColumn(old, from.width, slot, products, width, to)
        }
        const most = greatest.subarray(0, end - first)
        if (product && isWhole) await product.multiply(block, products, most)
        else if (product) {
          const some = aside.subarray(0, (end - first) * product.width)
          await product.multiply(block, some, most)
          for (const [k, slot] of freshSlots.entries()) copyColumn(some, product.width, k, products, width, slot)
        }
        pass.after(products, first, end, product && isWhole ? most : null)
        for (let row = first; row < end; row++) {
          // A sum with 0 has no -0.
          scores[row] = norms[row] === 0 ? 0 : pass.maxima.values[row]! / norms[row]! + 0
        }
        exact?.refine(block, products, norms.subarray(first, end), scores.subarray(first, end))
      }
      panel.maxima = pass.maxima
      for (const [at, slot] of slots.entries()) hashes[slot] = columns[at]!.hash
      if (keeps) panels.splice(0, panels.length, panel, ...panels.filter((one) => one !== panel && one !== moved?.from))
      return scores
    } finally {
      await product?.close()
    }
  }
}

/** Lets go of panels beside those in use, the oldest first, until as many numbers are kept as may be. */
function makeRoom(panels: ProductPanel[], inUse: readonly ProductPanel[], mostKept: number): void {
  let kept = inUse[0]!.values.length
  const stay = panels.filter((one) => inUse.includes(one) || (kept += one.values.length) <= mostKept)
  panels.splice(0, panels.length, ...stay)
}

/** Copies one column of a row-major matrix into another with as many rows. */
function copyColumn(
  from: Float32Array,
  fromWidth: number,
  fromColumn: number,
  to: Float32Array,
  toWidth: number,
  toColumn: number,
): void {
  for (let source = fromColumn, target = toColumn; target < to.length; source += fromWidth, target += toWidth) {
    to[target] = from[source]!
  }
}
