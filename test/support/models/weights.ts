import { createRandom } from '../../../src/core/stats/random.ts'
import type { Dtype } from './dtype.ts'
import type { TensorSource } from './safetensors.ts'

/** Makes the tensors of a checkpoint, in order, from one stream of seeded numbers. */
export interface TensorMaker {
  readonly tensors: TensorSource[]
  /** Random values around `mean` with a standard deviation of `spread`. */
  readonly add: (name: string, shape: readonly number[], spread: number, mean?: number) => void
  /** Values that the caller knows. */
  readonly set: (name: string, shape: readonly number[], values: Float32Array) => void
}

/**
 * The values are sums of twelve uniform numbers less six, times `spread`: nearly normal, and made of additions and
 * multiplications only, so that every machine writes the same bytes.
 */
export function tensorMaker(seed: number, dtype: Dtype): TensorMaker {
  const random = createRandom(seed)
  const tensors: TensorSource[] = []
  const set = (name: string, shape: readonly number[], values: Float32Array): void => {
    tensors.push({ name, dtype, shape, values })
  }
  const add = (name: string, shape: readonly number[], spread: number, mean = 0): void => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
    for (let i = 0; i < values.length; i++) {
      let sum = -6
      for (let k = 0; k < 12; k++) sum += random.uint32() / 4294967296
      values[i] = mean + spread * sum
    }
    set(name, shape, values)
  }
  return { tensors, add, set }
}
