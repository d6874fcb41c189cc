import { SnipError } from '../../contract/failure.ts'

/** Element types of weights that the engine reads. */
export type WeightType = 'F32' | 'F16' | 'BF16'

export const bytesPerElement: Readonly<Record<WeightType, number>> = { F32: 4, F16: 2, BF16: 2 }

/** Where one weight tensor lies: bytes `offset .. offset + byteLength` of `file`, row-major, little-endian. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: WeightType
  readonly shape: readonly number[]
  /** Name of the weight file as the user knows it. */
  readonly file: string
  readonly offset: number
  readonly byteLength: number
}

export type TensorIndex = ReadonlyMap<string, TensorEntry>

/** A file that can be read piece by piece; handed to the core by whoever may open files. */
export interface ByteSource {
  /** How messages name the file. */
  readonly name: string
  readonly size: number
  /** Bytes `offset .. offset + length`; throws when the file is shorter. */
  read(offset: number, length: number): Uint8Array
}

/** Number of elements of a shape; 1 for a scalar. Null when it is not a safe integer. */
export function elementCount(shape: readonly number[]): number | null {
  let count = 1
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return null
    count *= dimension
    if (!Number.isSafeInteger(count)) return null
  }
  return count
}

/** The entry of `name`, checked against the shape that the config asks for. */
export function requireTensor(tensors: TensorIndex, name: string, shape: readonly number[]): TensorEntry {
  const entry = tensors.get(name)
  if (!entry) {
    throw new SnipError('bad-model', `The weights have no tensor "${name}"`, {
      remedy: 'Check that config.json and the weight files belong together and that no shard is missing.',
    })
  }
  if (entry.shape.length !== shape.length || entry.shape.some((dimension, axis) => dimension !== shape[axis])) {
    throw new SnipError(
      'bad-model',
      `Tensor "${name}" in ${entry.file} has shape [${entry.shape.join(', ')}]; config.json asks for [${shape.join(', ')}]`,
      { remedy: 'Check that config.json and the weight files belong together.' },
    )
  }
  return entry
}
