import { encodeNumbers } from '../models/dtype.ts'
import {
  onnxTypes,
  type FileAttribute,
  type FileGraph,
  type FileNode,
  type FileTensor,
  type FileValue,
} from './onnx-file.ts'

export type Attributes = Readonly<Record<string, FileAttribute>>

/** Collects one graph: values are named after their operator and a count, or as asked. */
export class GraphWriter {
  readonly nodes: FileNode[] = []
  readonly inputs: FileValue[] = []
  readonly outputs: FileValue[] = []
  readonly #tensors = new Map<string, FileTensor>()
  readonly #counts: Map<string, number>
  readonly #name: string
  /** Constants become Constant nodes, as exporters without folding write them. */
  readonly #constantNodes: boolean

  constructor(options: { name?: string; constantNodes?: boolean; counts?: Map<string, number> } = {}) {
    this.#name = options.name ?? 'main_graph'
    this.#constantNodes = options.constantNodes ?? false
    this.#counts = options.counts ?? new Map()
  }

  input(name: string, type: number, dims: readonly (number | string)[]): string {
    this.inputs.push({ name, type, dims })
    return name
  }

  output(name: string, type: number, dims: readonly (number | string)[]): string {
    this.outputs.push({ name, type, dims })
    return name
  }

  has(tensor: string): boolean {
    return this.#tensors.has(tensor)
  }

  tensor(tensor: FileTensor): string {
    if (!this.#tensors.has(tensor.name)) this.#tensors.set(tensor.name, tensor)
    return tensor.name
  }

  weight(name: string, values: Float32Array, dims: readonly number[], half = false): string {
    const bytes = encodeNumbers(values, half ? 'F16' : 'F32')
    return this.tensor({ name, type: half ? onnxTypes.float16 : onnxTypes.float, dims, bytes })
  }

  ints(values: readonly number[]): string {
    const bytes = new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer)
    return this.#constant(`ints_${values.join('_')}`, { type: onnxTypes.int64, dims: [values.length], bytes })
  }

  int(value: number): string {
    const bytes = new Uint8Array(new BigInt64Array([BigInt(value)]).buffer)
    return this.#constant(`int_${value}`, { type: onnxTypes.int64, dims: [], bytes })
  }

  float(value: number, half = false): string {
    const bytes = encodeNumbers(Float32Array.of(value), half ? 'F16' : 'F32')
    const type = half ? onnxTypes.float16 : onnxTypes.float
    return this.#constant(`float_${value}${half ? '_half' : ''}`, { type, dims: [], bytes })
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}, as?: string, domain = ''): string {
    return this.many(op, inputs, 1, attributes, as === undefined ? undefined : [as], domain)[0]!
  }

  microsoft(op: string, inputs: readonly string[], attributes: Attributes = {}, as?: string): string {
    return this.node(op, inputs, attributes, as, 'com.microsoft')
  }

  many(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Attributes = {},
    as?: readonly string[],
    domain = '',
  ): string[] {
    const name = this.#fresh(op)
    const outputs = as ? [...as] : Array.from({ length: count }, (_, i) => `${name}_output_${i}`)
    this.nodes.push({ op, domain, name, inputs: [...inputs], outputs, attributes })
    return outputs
  }

  /** A tensor as the value of a Constant node. */
  constantNode(tensor: FileTensor): string {
    return this.node('Constant', [], { value: { tensor } })
  }

  build(): FileGraph {
    const { inputs, outputs, nodes } = this
    return { name: this.#name, nodes, tensors: [...this.#tensors.values()], inputs, outputs }
  }

  #constant(name: string, tensor: Omit<FileTensor, 'name' | 'small'>): string {
    if (this.#constantNodes) return this.constantNode({ name: '', ...tensor })
    return this.tensor({ name, small: true, ...tensor })
  }

  #fresh(op: string): string {
    const count = this.#counts.get(op) ?? 0
    this.#counts.set(op, count + 1)
    return `/${op}_${count}`
  }
}
