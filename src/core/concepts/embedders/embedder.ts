import type { z } from 'zod'

/** Turns sentences into vectors whose dot product is their likeness. */
export interface Embedder {
  readonly id: string
  readonly dims: number
  /** One row of `dims` per text, of length 1, or all zeros for a text that says nothing. Row-major. */
  embed(texts: readonly string[]): Float32Array
}

/** A kind of embedder: made from what it needs, then used on any number of texts. */
export interface EmbedderMember<Input, Parameters> {
  readonly id: string
  readonly name: string
  readonly citation: string
  readonly parameters: z.ZodType<Parameters>
  readonly presets: Readonly<Record<string, Parameters>>
  create(input: Input, parameters: Parameters): Embedder
}

/** Cosines of the rows of two embedded sets: row-major [rows of a, rows of b]; 0 where a row is zero. */
export function cosines(a: Float32Array, b: Float32Array, dims: number): Float32Array {
  const rows = a.length / dims
  const columns = b.length / dims
  const out = new Float32Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < dims; k++) sum += (a[i * dims + k] as number) * (b[j * dims + k] as number)
      out[i * columns + j] = sum
    }
  }
  return out
}
