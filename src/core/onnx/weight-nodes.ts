import type { Linear } from '../architectures/layout.ts'
import { elementType, type GraphBuilder } from './graph.ts'
import type { WeightType } from './tensor-index.ts'

/** Weights of one graph as f32 values, whatever their type in the file: each is cast once. */
export class WeightNodes {
  readonly #b: GraphBuilder
  readonly #typeOf: (tensor: string) => WeightType
  readonly #casts = new Map<string, string>()

  constructor(b: GraphBuilder, typeOf: (tensor: string) => WeightType) {
    this.#b = b
    this.#typeOf = typeOf
  }

  /** A weight as f32. */
  weight(name: string): string {
    return this.#cast(this.#b.weight(name), name)
  }

  /** Rows of a table: f32 [number of indices, columns]. */
  rows(table: string, indices: string): string {
    return this.#cast(this.#b.node('Gather', [this.#b.weight(table), indices]), table)
  }

  /** x times a matrix, plus its bias: [rows, outputs]. */
  linear(x: string, linear: Linear, as?: string): string {
    const inputs = [x, this.weight(linear.weight)]
    if (linear.bias !== null) inputs.push(this.weight(linear.bias))
    return this.#b.node('Gemm', inputs, { transB: linear.order === 'out-in' ? 1 : 0 }, as)
  }

  #cast(value: string, tensor: string): string {
    if (this.#typeOf(tensor) === 'F32') return value
    const known = this.#casts.get(value)
    if (known !== undefined) return known
    const cast = this.#b.node('Cast', [value], { to: elementType.float })
    this.#casts.set(value, cast)
    return cast
  }
}
