import { encodeNumbers } from '../models/dtype.ts'
import { besides, transposed, type DecoderWeights, type Weight } from './decoder-weights.ts'
import type { GraphWriter } from './graph-writer.ts'
import { onnxTypes } from './onnx-file.ts'
import type { DecoderStyle } from './style.ts'

/** A projection as it was written. */
export interface WrittenLinear {
  /** Result without a bias when it was asked to be left out. */
  readonly result: string
  readonly weight: string
  readonly bias: string | null
}

/** Writes weight matrices in the way of a style. `root` takes the weights, so that branches of an If share them. */
export class LinearNodes {
  readonly #root: GraphWriter
  readonly #style: DecoderStyle
  readonly #weights: DecoderWeights

  constructor(root: GraphWriter, style: DecoderStyle, weights: DecoderWeights) {
    this.#root = root
    this.#style = style
    this.#weights = weights
  }

  get(name: string): Weight {
    const weight = this.#weights.get(name)
    if (!weight) throw new RangeError(`There is no weight ${name}`)
    return weight
  }

  /** A vector or table under a name of its own. */
  plain(name: string, label = name, weight = this.get(name)): string {
    return this.#root.weight(label, weight.values, weight.dims, this.#style.half)
  }

  /** x times the matrices of `names` side by side; with `withBias`, plus their biases. */
  linear(g: GraphWriter, x: string, names: readonly string[], withBias: boolean): WrittenLinear {
    const label = names.join('+')
    const matrix = names.length === 1 ? this.get(names[0]!) : besides(names.map((name) => this.get(name)))
    const [inputs, outputs] = matrix.dims as [number, number]
    const bias = (): string => {
      const vectors = names.map((name) => this.get(`${name}.bias`))
      return this.plain(label, `${label}.bias`, vectors.length === 1 ? vectors[0]! : besides(vectors))
    }
    const { linear: kind } = this.#style
    if (kind === 'gemm') {
      const turned = transposed(matrix)
      const weight = this.#root.weight(`${label}.weight`, turned.values, turned.dims, this.#style.half)
      const flat = g.node('Reshape', [x, g.ints([-1, inputs])])
      const made = g.node('Gemm', withBias ? [flat, weight, bias()] : [flat, weight], { transB: 1 })
      const shape = g.node('Shape', [x])
      const lead = g.node('Slice', [shape, g.ints([0]), g.ints([2])])
      const target = g.node('Concat', [lead, g.ints([outputs])], { axis: 0 })
      return { result: g.node('Reshape', [made, target]), weight, bias: withBias ? `${label}.bias` : null }
    }
    const { product, weight } = this.#product(g, x, label, matrix)
    if (!withBias) return { result: product, weight, bias: null }
    const added = bias()
    return { result: g.node('Add', [added, product]), weight, bias: added }
  }

  /** Matrices side by side [inputs, outputs], and their biases, for a node that multiplies itself. */
  packed(names: readonly string[]): { weight: string; bias: string } {
    const label = names.join('+')
    const matrix = besides(names.map((name) => this.get(name)))
    const vector = besides(names.map((name) => this.get(`${name}.bias`)))
    return { weight: this.plain(label, `${label}.weight`, matrix), bias: this.plain(label, `${label}.bias`, vector) }
  }

  #product(g: GraphWriter, x: string, label: string, matrix: Weight): { product: string; weight: string } {
    const root = this.#root
    const { linear: kind, half } = this.#style
    const name = `${label}.weight`
    switch (kind) {
      case 'unfolded': {
        const turned = transposed(matrix)
        const weight = root.weight(name, turned.values, turned.dims, half)
        const same = g.node('Identity', [weight])
        return { product: g.node('MatMul', [x, g.node('Transpose', [same], { perm: [1, 0] })]), weight }
      }
      case 'constant': {
        const bytes = encodeNumbers(matrix.values, half ? 'F16' : 'F32')
        const type = half ? onnxTypes.float16 : onnxTypes.float
        const weight = g.constantNode({ name: '', type, dims: matrix.dims, bytes })
        return { product: g.node('MatMul', [x, weight]), weight }
      }
      case 'cast': {
        const weight = root.weight(name, matrix.values, matrix.dims, true)
        return { product: g.node('MatMul', [x, g.node('Cast', [weight], { to: onnxTypes.float })]), weight }
      }
      case 'nbits-4':
      case 'nbits-8':
        return this.#blocks(g, x, name, matrix, kind === 'nbits-4' ? 4 : 8)
      case 'dynamic': {
        const { weight, scale, zero } = codedWeight(root, label, name, matrix)
        return { product: g.microsoft('DynamicQuantizeMatMul', [x, weight, scale, zero]), weight }
      }
      case 'integer': {
        const { weight, scale, zero } = codedWeight(root, label, name, matrix)
        const [coded, codeScale, codeZero] = g.many('DynamicQuantizeLinear', [x], 3)
        const sums = g.node('MatMulInteger', [coded!, weight, codeZero!, zero])
        const factors = g.node('Mul', [codeScale!, scale])
        return { product: g.node('Mul', [g.node('Cast', [sums], { to: onnxTypes.float }), factors]), weight }
      }
      case 'dequantized': {
        const { weight, scale, zero } = codedWeight(root, label, name, matrix)
        return {
          product: g.node('MatMul', [x, g.node('DequantizeLinear', [weight, scale, zero], { axis: 1 })]),
          weight,
        }
      }
      default: {
        const weight = root.weight(name, matrix.values, matrix.dims, half)
        return { product: g.node('MatMul', [x, weight]), weight }
      }
    }
  }

  #blocks(g: GraphWriter, x: string, name: string, matrix: Weight, bits: 4 | 8) {
    const blockSize = 16
    const [inputs, outputs] = matrix.dims as [number, number]
    const blocks = Math.ceil(inputs / blockSize)
    const middle = 2 ** (bits - 1)
    const codes = new Uint8Array((outputs * blocks * blockSize * bits) / 8)
    const scales = new Float32Array(outputs * blocks)
    for (let output = 0; output < outputs; output++) {
      for (let block = 0; block < blocks; block++) {
        let largest = 0
        for (let i = 0; i < blockSize; i++) {
          const value = matrix.values[(block * blockSize + i) * outputs + output] ?? 0
          largest = Math.max(largest, Math.abs(value))
        }
        const scale = largest / (middle - 1)
        scales[output * blocks + block] = scale
        for (let i = 0; i < blockSize; i++) {
          const row = block * blockSize + i
          const value = row < inputs ? matrix.values[row * outputs + output]! : 0
          const code = Math.round(value / scale) + middle
          const at = (output * blocks + block) * blockSize + i
          if (bits === 8) codes[at] = code
          else codes[at >> 1]! |= code << (4 * (at % 2))
        }
      }
    }
    const weight = this.#root.tensor({
      name,
      type: onnxTypes.uint8,
      dims: [outputs, blocks, (blockSize * bits) / 8],
      bytes: codes,
    })
    const scale = this.#root.weight(`${name}.scales`, scales, [outputs * blocks])
    const attributes = { K: inputs, N: outputs, bits, block_size: blockSize }
    return { product: g.microsoft('MatMulNBits', [x, weight, scale], attributes), weight }
  }
}

/** A matrix as int8 codes with a scale and a zero point for each column. */
function codedWeight(root: GraphWriter, label: string, name: string, matrix: Weight) {
  const { codes, scales, zeros } = columnCodes(matrix)
  return {
    weight: root.tensor({ name, type: onnxTypes.int8, dims: matrix.dims, bytes: bytesOf(codes) }),
    scale: root.weight(`${label}.scale`, scales, [scales.length]),
    zero: root.tensor({ name: `${label}.zero`, type: onnxTypes.int8, dims: [zeros.length], bytes: bytesOf(zeros) }),
  }
}

/** int8 codes with a scale and a zero point per column. */
function columnCodes(matrix: Weight): { codes: Int8Array; scales: Float32Array; zeros: Int8Array } {
  const [rows, columns] = matrix.dims as [number, number]
  const codes = new Int8Array(rows * columns)
  const scales = new Float32Array(columns)
  const zeros = new Int8Array(columns)
  for (let j = 0; j < columns; j++) {
    let low = 0
    let high = 0
    for (let i = 0; i < rows; i++) {
      low = Math.min(low, matrix.values[i * columns + j]!)
      high = Math.max(high, matrix.values[i * columns + j]!)
    }
    const scale = (high - low) / 254
    const zero = Math.max(-127, Math.min(127, Math.round(-127 - low / scale)))
    scales[j] = scale
    zeros[j] = zero
    for (let i = 0; i < rows; i++) {
      const code = Math.round(matrix.values[i * columns + j]! / scale) + zero
      codes[i * columns + j] = Math.max(-127, Math.min(127, code))
    }
  }
  return { codes, scales, zeros }
}

function bytesOf(values: Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
