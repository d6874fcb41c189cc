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
  const { scaled, zeroRows: zeroForgetRows } = scaleForget(forgetVectors, dims, forgetCount, weights)
  const picked = rows ?? Uint32Array.from({ length: neuronCount }, (_, at) => at)
  const scores = new Float64Array(picked.length).fill(startAtZero ? 0 : Number.NEGATIVE_INFINITY)
  const best = new Int32Array(picked.length).fill(-1)
  const zeroNeuronRows: number[] = []
  const dots = new Float64Array(8)
  for (let first = 0; first < picked.length; first += 4) {
    const last = picked.length - 1
    const norms = [0, 0, 0, 0]
    const starts = [0, 0, 0, 0]
    for (let lane = 0; lane < 4; lane++) {
      const row = picked[Math.min(first + lane, last)] as number
      invariant(row < neuronCount, `embedding row ${row} of ${neuronCount}`)
      starts[lane] = row * dims
      norms[lane] = normOf(neuronVectors, row, dims, 'concept')
      if (norms[lane] === 0 && first + lane <= last) zeroNeuronRows.push(row)
    }
    for (let forget = 0; forget < forgetCount; forget += 2) {
      dotBlock(neuronVectors, starts, scaled, forget * dims, dims, dots)
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

/** Dot products of four neuron rows with two forget rows: blocked so that each number loaded is used more than once. */
function dotBlock(
  neurons: Float32Array,
  starts: readonly number[],
  forget: Float64Array,
  forgetStart: number,
  dims: number,
  out: Float64Array,
): void {
  const start0 = starts[0] as number
  const start1 = starts[1] as number
  const start2 = starts[2] as number
  const start3 = starts[3] as number
  const forgetStart1 = forgetStart + dims
  let a0 = 0
  let a1 = 0
  let b0 = 0
  let b1 = 0
  let c0 = 0
  let c1 = 0
  let d0 = 0
  let d1 = 0
  for (let at = 0; at < dims; at++) {
    const f0 = forget[forgetStart + at] as number
    const f1 = forget[forgetStart1 + at] as number
    const a = neurons[start0 + at] as number
    const b = neurons[start1 + at] as number
    const c = neurons[start2 + at] as number
    const d = neurons[start3 + at] as number
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

/** Forget rows at unit length times their weight, padded by one row of zeros to an even number. */
function scaleForget(vectors: Float32Array, dims: number, count: number, weights: ArrayLike<number> | null) {
  invariant(weights === null || weights.length === count, `every one of ${count} forget vectors has a weight`)
  const scaled = new Float64Array((count + (count % 2)) * dims)
  const zeroRows: number[] = []
  for (let row = 0; row < count; row++) {
    const norm = normOf(vectors, row, dims, 'forget concept')
    if (norm === 0) {
      zeroRows.push(row)
      continue
    }
    const factor = (weights === null ? 1 : (weights[row] as number)) / norm
    for (let at = row * dims; at < (row + 1) * dims; at++) scaled[at] = (vectors[at] as number) * factor
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
