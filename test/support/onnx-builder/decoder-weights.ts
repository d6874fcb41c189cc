import { createRandom } from '../../../src/core/stats/random.ts'

/** Sizes of the decoders that the builders write. */
export interface DecoderSizes {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headWidth: number
  readonly inner: number
  readonly vocabulary: number
  readonly context: number
}

export const smallSizes: DecoderSizes = {
  layers: 2,
  width: 32,
  heads: 4,
  keyValueHeads: 4,
  headWidth: 8,
  inner: 48,
  vocabulary: 61,
  context: 24,
}

/** A matrix [inputs, outputs], row by row, or a vector. */
export interface Weight {
  readonly values: Float32Array
  readonly dims: readonly number[]
}

/** All weights of a decoder by role: `0.query`, `0.query.bias`, `0.attentionNorm`, `embedding`, `head` ... */
export type DecoderWeights = ReadonlyMap<string, Weight>

/** Seeded weights; every style of file writes the same ones. Head and embedding are one matrix. */
export function decoderWeights(sizes: DecoderSizes, seed = 5): DecoderWeights {
  const random = createRandom(seed)
  const weights = new Map<string, Weight>()
  const add = (name: string, dims: readonly number[], spread: number, mean = 0): void => {
    const count = dims.reduce((product, size) => product * size, 1)
    weights.set(name, { dims, values: Float32Array.from({ length: count }, () => mean + spread * random.normal()) })
  }
  const { width, inner } = sizes
  const queries = sizes.heads * sizes.headWidth
  const keys = sizes.keyValueHeads * sizes.headWidth
  add('embedding', [sizes.vocabulary, width], 0.5)
  add('positions', [sizes.context, width], 0.5)
  const linear = (name: string, inputs: number, outputs: number): void => {
    add(name, [inputs, outputs], 1.2 / Math.sqrt(inputs))
    add(`${name}.bias`, [outputs], 0.2)
  }
  const norm = (name: string): void => {
    add(name, [width], 0.1, 1)
    add(`${name}.bias`, [width], 0.1)
  }
  for (let layer = 0; layer < sizes.layers; layer++) {
    norm(`${layer}.attentionNorm`)
    linear(`${layer}.query`, width, queries)
    linear(`${layer}.key`, width, keys)
    linear(`${layer}.value`, width, keys)
    linear(`${layer}.out`, queries, width)
    norm(`${layer}.mlpNorm`)
    linear(`${layer}.up`, width, inner)
    linear(`${layer}.gate`, width, inner)
    linear(`${layer}.down`, inner, width)
    norm(`${layer}.afterAttention`)
    norm(`${layer}.afterMlp`)
  }
  norm('finalNorm')
  linear('headDense', width, width)
  norm('headNorm')
  return weights
}

/** The matrix with rows and columns changed. */
export function transposed({ values, dims }: Weight): Weight {
  const [rows, columns] = dims as [number, number]
  const turned = new Float32Array(values.length)
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!
  return { values: turned, dims: [columns, rows] }
}

/** Matrices side by side. */
export function besides(parts: readonly Weight[]): Weight {
  if (parts[0]!.dims.length === 1) {
    return { values: Float32Array.from(parts.flatMap((p) => [...p.values])), dims: [sum(parts, 0)] }
  }
  const rows = parts[0]!.dims[0]!
  const columns = sum(parts, 1)
  const values = new Float32Array(rows * columns)
  let left = 0
  for (const part of parts) {
    const own = part.dims[1]!
    for (let i = 0; i < rows; i++) values.set(part.values.subarray(i * own, (i + 1) * own), i * columns + left)
    left += own
  }
  return { values, dims: [rows, columns] }
}

function sum(parts: readonly Weight[], axis: number): number {
  return parts.reduce((total, part) => total + part.dims[axis]!, 0)
}
