import { SnipError, invariant } from '../../contract/failure.ts'

export interface CosineMaxScores {
  /** Per row: the greatest weight x cosine over all forget vectors. */
  readonly scores: Float64Array
  /** Per row: which forget vector gave it; -1 when `startAtZero` and none was above 0. */
  readonly best: Int32Array
  /** Rows of the neuron matrix that are all zeros; their similarity to everything is 0. */
  readonly zeroNeuronRows: number[]
  /** Rows of the forget matrix that are all zeros. */
  readonly zeroForgetRows: number[]
}

/**
 * For every row of `neuronVectors` (row-major, `dims` columns) the maximum over the rows e' of `forgetVectors` of
 * weight(e') x cos(row, e'): the score of SNIP. `weights` null counts every forget vector as 1. With `startAtZero` the
 * running maximum starts at 0, so that negative values clip. `rows` restricts and orders the neuron rows to score.
 * Throws `not-finite` for a row with a NaN or an infinity, `bad-argument` when there is no forget vector.
 */
export function cosineMaxScores(
  neuronVectors: Float32Array,
  dims: number,
  forgetVectors: Float32Array,
  weights: ArrayLike<number> | null,
  startAtZero: boolean,
  rows?: ArrayLike<number>,
): CosineMaxScores {
  const neuronCount = rowsOf(neuronVectors, dims)
  const forgetCount = rowsOf(forgetVectors, dims)
  if (forgetCount === 0) throw new SnipError('bad-argument', 'There is no forget concept to compare with')
  const { scaled, zeroRows: zeroForgetRows } = scaleForget(forgetVectors, dims, weights)
  if (forgetCount % 2 === 1) scaled.push(new Float64Array(dims))
  const picked = rows ?? Uint32Array.from({ length: neuronCount }, (_, at) => at)
  const scores = new Float64Array(picked.length).fill(startAtZero ? 0 : Number.NEGATIVE_INFINITY)
  const best = new Int32Array(picked.length).fill(-1)
  const zeroNeuronRows: number[] = []
  const dots = new Float64Array(8)
  for (let first = 0; first < picked.length; first += 4) {
    const last = picked.length - 1
    const norms = [0, 0, 0, 0]
    const block: Float32Array[] = []
    for (let lane = 0; lane < 4; lane++) {
      const row = picked[Math.min(first + lane, last)] as number
      invariant(row < neuronCount, `embedding row ${row} of ${neuronCount}`)
      block.push(neuronVectors.subarray(row * dims, (row + 1) * dims))
      norms[lane] = normOf(neuronVectors, row, dims, 'concept')
      if (norms[lane] === 0 && first + lane <= last) zeroNeuronRows.push(row)
    }
    for (let forget = 0; forget < forgetCount; forget += 2) {
      dotBlock(block, scaled[forget] as Float64Array, scaled[forget + 1] as Float64Array, dots)
      for (let lane = 0; lane < 4 && first + lane <= last; lane++) {
        const norm = norms[lane] as number
        for (let half = 0; half < 2 && forget + half < forgetCount; half++) {
          const value = norm === 0 ? 0 : (dots[lane * 2 + half] as number) / norm
          if (value > (scores[first + lane] as number)) {
            scores[first + lane] = value
            best[first + lane] = forget + half
          }
        }
      }
    }
  }
  return { scores, best, zeroNeuronRows, zeroForgetRows }
}

/**
 * Dot products of four neuron rows with two forget rows: blocked so that each number loaded is used more than once.
 * Each row is its own view because an index that starts at 0 is twice as fast as one with an offset.
 */
function dotBlock(
  neurons: readonly Float32Array[],
  first: Float64Array,
  second: Float64Array,
  out: Float64Array,
): void {
  const [rowA, rowB, rowC, rowD] = neurons as readonly [Float32Array, Float32Array, Float32Array, Float32Array]
  let a0 = 0
  let a1 = 0
  let b0 = 0
  let b1 = 0
  let c0 = 0
  let c1 = 0
  let d0 = 0
  let d1 = 0
  for (let at = 0; at < first.length; at++) {
    const f0 = first[at] as number
    const f1 = second[at] as number
    const a = rowA[at] as number
    const b = rowB[at] as number
    const c = rowC[at] as number
    const d = rowD[at] as number
    a0 += a * f0
    a1 += a * f1
    b0 += b * f0
    b1 += b * f1
    c0 += c * f0
    c1 += c * f1
    d0 += d * f0
    d1 += d * f1
  }
  out[0] = a0
  out[1] = a1
  out[2] = b0
  out[3] = b1
  out[4] = c0
  out[5] = c1
  out[6] = d0
  out[7] = d1
}

/**
 * Forget rows at unit length times their weight (null counts each as 1), and which of them are all zeros. Throws `not-finite` for a row
 * with a NaN or an infinity.
 */
export function scaleForget(vectors: Float32Array, dims: number, weights: ArrayLike<number> | null) {
  const count = rowsOf(vectors, dims)
  invariant(weights === null || weights.length === count, `every one of ${count} forget vectors has a weight`)
  const scaled: Float64Array[] = []
  const zeroRows: number[] = []
  for (let row = 0; row < count; row++) {
    const norm = normOf(vectors, row, dims, 'forget concept')
    if (norm === 0) zeroRows.push(row)
    const factor = norm === 0 ? 0 : (weights === null ? 1 : (weights[row] as number)) / norm
    const own = new Float64Array(dims)
    for (let at = 0; at < dims; at++) own[at] = (vectors[row * dims + at] as number) * factor
    scaled.push(own)
  }
  return { scaled, zeroRows }
}

function normOf(vectors: Float32Array, row: number, dims: number, what: string): number {
  let sum = 0
  for (let at = row * dims; at < (row + 1) * dims; at++) sum += (vectors[at] as number) ** 2
  if (!Number.isFinite(sum)) {
    throw new SnipError('not-finite', `The embedding of ${what} ${row + 1} holds a number that is not finite`, {
      remedy: 'Embed it again, or use another embedder.',
    })
  }
  return Math.sqrt(sum)
}

function rowsOf(vectors: Float32Array, dims: number): number {
  const rows = vectors.length / dims
  invariant(
    Number.isInteger(dims) && dims > 0 && Number.isInteger(rows),
    `${vectors.length} numbers in rows of ${dims}`,
  )
  return rows
}
