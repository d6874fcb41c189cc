import { requireTensor, type TensorIndex } from '../onnx/tensor-index.ts'
import type { Linear, Norm } from './layout.ts'

/** Finds the tensors of one checkpoint under the names that its family publishes, and checks their shapes. */
export class TensorReader {
  readonly #tensors: TensorIndex
  readonly #prefix: string

  /** `prefixes` are the ones that a family's files are published with: the one under which `probe` stands is used, else the first. */
  constructor(tensors: TensorIndex, prefixes: readonly [string, ...string[]], probe: string) {
    this.#tensors = tensors
    this.#prefix = prefixes.find((prefix) => tensors.has(prefix + probe)) ?? prefixes[0]
  }

  has(name: string): boolean {
    return this.#tensors.has(this.#prefix + name)
  }

  /** The full name of a tensor of the model's trunk. Throws `bad-model` when it is missing or of another shape. */
  tensor(name: string, shape: readonly number[]): string {
    return requireTensor(this.#tensors, this.#prefix + name, shape).name
  }

  /** A matrix stored [outputs, inputs]. */
  linear(name: string, inputs: number, outputs: number, biased: boolean): Linear {
    return {
      weight: this.tensor(`${name}.weight`, [outputs, inputs]),
      bias: biased ? this.tensor(`${name}.bias`, [outputs]) : null,
      order: 'out-in',
      inputs,
      outputs,
    }
  }

  /** A LayerNorm with weight and bias. */
  layerNorm(name: string, width: number, epsilon: number): Norm {
    const weight = this.tensor(`${name}.weight`, [width])
    return { kind: 'layer', weight, bias: this.tensor(`${name}.bias`, [width]), epsilon }
  }

  rmsNorm(name: string, width: number, epsilon: number, kind: 'rms' | 'rms-plus-one' = 'rms'): Norm {
    return { kind, weight: this.tensor(`${name}.weight`, [width]), bias: null, epsilon }
  }

  /** The head, which stands outside of the trunk: the embedding once more when `tiedTo` names it. */
  head(name: string, inputs: number, outputs: number, tiedTo: string | null, biased = false): Linear {
    const shape = [outputs, inputs]
    const weight = tiedTo ?? requireTensor(this.#tensors, `${name}.weight`, shape).name
    const bias = biased ? requireTensor(this.#tensors, `${name}.bias`, [outputs]).name : null
    return { weight, bias, order: 'out-in', inputs, outputs }
  }
}
