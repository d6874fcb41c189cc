/** Scales a row to length 1, in place; a row that is zero or not finite becomes zero. */
export function normaliseRow(values: Float64Array | Float32Array, start: number, length: number): void {
  let sum = 0
  for (let k = start; k < start + length; k++) sum += (values[k] as number) ** 2
  const norm = Math.sqrt(sum)
  const scale = norm > 1e-12 && Number.isFinite(norm) ? 1 / norm : 0
  for (let k = start; k < start + length; k++) values[k] = scale === 0 ? 0 : (values[k] as number) * scale
}

/**
 * First right singular vector of a row-major matrix [rows, width] (not centred), by power iteration from a fixed start;
 * zeros when the matrix is zero. Its sign is such that the component of largest size is positive.
 */
export function firstSingularVector(matrix: Float64Array, width: number, iterations = 100): Float64Array {
  const rows = matrix.length / width
  let vector = new Float64Array(width)
  for (let k = 0; k < width; k++) vector[k] = 1 + (k % 7) / 7
  normaliseRow(vector, 0, width)
  for (let round = 0; round < iterations; round++) {
    const next = new Float64Array(width)
    for (let i = 0; i < rows; i++) {
      const score = dot(matrix, i * width, vector)
      for (let k = 0; k < width; k++) next[k] = (next[k] as number) + score * (matrix[i * width + k] as number)
    }
    normaliseRow(next, 0, width)
    vector = next
  }
  let largest = 0
  for (let k = 1; k < width; k++) {
    if (Math.abs(vector[k] as number) > Math.abs(vector[largest] as number)) largest = k
  }
  if ((vector[largest] as number) < 0) for (let k = 0; k < width; k++) vector[k] = -(vector[k] as number)
  return vector
}

/** Takes the part along `direction` (of length 1, or zero) out of each row, in place. */
export function removeDirection(matrix: Float64Array, width: number, direction: Float64Array): void {
  for (let start = 0; start < matrix.length; start += width) {
    const score = dot(matrix, start, direction)
    for (let k = 0; k < width; k++) {
      matrix[start + k] = (matrix[start + k] as number) - score * (direction[k] as number)
    }
  }
}

function dot(matrix: Float64Array, start: number, vector: Float64Array): number {
  let sum = 0
  for (let k = 0; k < vector.length; k++) sum += (matrix[start + k] as number) * (vector[k] as number)
  return sum
}
