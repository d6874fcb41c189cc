import { SnipError } from '../../contract/failure.ts'
import type { DiscoveredLinear, WeightQuantisation, WeightReference } from '../discovery/discovered-model.ts'
import { decodeWeights } from '../numbers/half.ts'
import type { ModelGraph, ModelTensor } from './model-graph.ts'
import { shownName } from './shown-name.ts'

/** How a stored matrix changes when some of its inputs fall silent: row by row of what is stored, in place. */
export interface RowEdit {
  readonly rows: number
  readonly rowBytes: number
  readonly edit: (row: number, bytes: Uint8Array) => void
}

/** Reads all bytes of a small tensor of the file: scales, zero points, group indices. */
export type TensorReader = (tensor: ModelTensor) => Uint8Array

/** The tensor of a weight: an initializer or the value of a Constant node. */
export function tensorAt(model: ModelGraph, { name, graph, constant }: WeightReference): ModelTensor {
  const value = constant && model.graphs[constant.graph]?.nodes[constant.node]?.attributes.get('value')
  const tensor = value?.kind === 'tensor' ? value.value : model.graphs[graph]?.initializers.get(name)
  if (tensor) return tensor
  throw new SnipError('internal', `There is no tensor ${shownName(name)} in graph ${graph}`)
}

const floatBytes: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [10, 2],
  [11, 8],
  [16, 2],
])

/**
 * What zeroing the given inputs (neurons) of a projection does to its stored weight. Quantised weights get the value that stands for
 * exactly 0: the zero point of its output, or of its block. Throws `unsupported-model` for a weight that cannot hold an exact 0.
 */
export function silenceInputs(
  model: ModelGraph,
  linear: DiscoveredLinear,
  silent: readonly number[],
  read: TensorReader,
): RowEdit {
  const tensor = tensorAt(model, linear.weightReference)
  const { quantisation } = linear
  if (quantisation === null) {
    const size = floatBytes.get(tensor.type)
    if (size === undefined) throw refused(linear, `its weight is of type ${tensor.type}`)
    const zero = new Uint8Array(size)
    return matrixEdit(linear, silent, size, () => zero)
  }
  if (quantisation.kind === 'blocks') return blockEdit(model, linear, quantisation, silent, read)
  const { zeroPoints } = quantisation
  const points = zeroPoints === null ? null : tensorAt(model, zeroPoints)
  const packed = tensor.type === 21 || tensor.type === 22
  if (!packed && tensor.type !== 2 && tensor.type !== 3) throw refused(linear, `its weight is of type ${tensor.type}`)
  const values = points === null ? null : packed ? nibbles(read(points)) : read(points)
  const count = points === null ? 1 : points.dims.reduce((product, size) => product * size, 1)
  if (count !== 1 && count !== linear.outputs) throw refused(linear, `it has ${count} zero points`)
  const pointOf = (output: number) => values?.[count === 1 ? 0 : output] ?? 0
  if (packed) return nibbleEdit(linear, silent, pointOf)
  return matrixEdit(linear, silent, 1, (output) => Uint8Array.of(pointOf(output)))
}

/** A matrix of whole bytes: an element of `valueOf(output)` for each silent input. */
function matrixEdit(
  { order, inputs, outputs }: DiscoveredLinear,
  silent: readonly number[],
  size: number,
  valueOf: (output: number) => Uint8Array,
): RowEdit {
  if (order === 'out-in') {
    const edit = (output: number, bytes: Uint8Array) => {
      const value = valueOf(output)
      for (const input of silent) bytes.set(value, input * size)
    }
    return { rows: outputs, rowBytes: inputs * size, edit }
  }
  const isSilent = new Set(silent)
  const edit = (input: number, bytes: Uint8Array) => {
    if (!isSilent.has(input)) return
    for (let output = 0; output < outputs; output++) bytes.set(valueOf(output), output * size)
  }
  return { rows: inputs, rowBytes: outputs * size, edit }
}

/** Two elements of 4 bits a byte, the first in the low half; rows need not begin at a byte, so that all is one. */
function nibbleEdit(
  { order, inputs, outputs }: DiscoveredLinear,
  silent: readonly number[],
  pointOf: (output: number) => number,
): RowEdit {
  const edit = (_: number, bytes: Uint8Array) => {
    for (const input of silent) {
      for (let output = 0; output < outputs; output++) {
        setNibble(bytes, order === 'out-in' ? output * inputs + input : input * outputs + output, pointOf(output))
      }
    }
  }
  return { rows: 1, rowBytes: Math.ceil((inputs * outputs) / 2), edit }
}

/** MatMulNBits: [outputs, blocks, bytes of a block]; an input is `bits` wide at its place in its block. */
function blockEdit(
  model: ModelGraph,
  linear: DiscoveredLinear,
  { bits, blockSize, zeroPoints, groupIndex }: Extract<WeightQuantisation, { kind: 'blocks' }>,
  silent: readonly number[],
  read: TensorReader,
): RowEdit {
  if (![2, 4, 8].includes(bits)) throw refused(linear, `its weights are of ${bits} bits`)
  const { inputs, outputs } = linear
  const blocks = Math.ceil(inputs / blockSize)
  const blockBytes = (blockSize * bits) / 8
  const pointOf =
    zeroPoints === null ? () => 1 << (bits - 1) : blockPoints(model, linear, zeroPoints, blocks, bits, read)
  const groups = groupIndex === null ? null : groupsOf(read(tensorAt(model, groupIndex)))
  const perByte = 8 / bits
  const mask = (1 << bits) - 1
  const edit = (output: number, bytes: Uint8Array) => {
    for (const input of silent) {
      const block = Math.floor(input / blockSize)
      const inBlock = input - block * blockSize
      const at = block * blockBytes + Math.floor(inBlock / perByte)
      const shift = (inBlock % perByte) * bits
      const value = pointOf(output, groups?.[input] ?? block)
      bytes[at] = (bytes[at]! & ~(mask << shift)) | (value << shift)
    }
  }
  return { rows: outputs, rowBytes: blocks * blockBytes, edit }
}

/** Zero points by output and block: packed like the weights, or floats, of which only whole numbers in range stand for an exact 0. */
function blockPoints(
  model: ModelGraph,
  linear: DiscoveredLinear,
  reference: WeightReference,
  blocks: number,
  bits: number,
  read: TensorReader,
): (output: number, block: number) => number {
  const tensor = tensorAt(model, reference)
  const bytes = read(tensor)
  if (tensor.type === 2) {
    const rowBytes = Math.ceil((blocks * bits) / 8)
    const perByte = 8 / bits
    return (output, block) => {
      const byte = bytes[output * rowBytes + Math.floor(block / perByte)]!
      return (byte >> ((block % perByte) * bits)) & ((1 << bits) - 1)
    }
  }
  if (tensor.type !== 1 && tensor.type !== 10) throw refused(linear, `its zero points are of type ${tensor.type}`)
  const points = decodeWeights(tensor.type === 1 ? 'F32' : 'F16', bytes)
  if (points.some((point) => !Number.isInteger(point) || point < 0 || point >= 1 << bits)) {
    throw refused(linear, 'its zero points are no whole numbers, so that no stored value stands for exactly 0')
  }
  return (output, block) => points[output * blocks + block]!
}

function groupsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer)
}

function nibbles(bytes: Uint8Array): Uint8Array {
  const values = new Uint8Array(bytes.length * 2)
  for (const [i, byte] of bytes.entries()) {
    values[2 * i] = byte & 15
    values[2 * i + 1] = byte >> 4
  }
  return values
}

function setNibble(bytes: Uint8Array, element: number, value: number): void {
  const at = element >> 1
  bytes[at] = element % 2 === 0 ? (bytes[at]! & 0xf0) | (value & 15) : (bytes[at]! & 15) | ((value & 15) << 4)
}

function refused({ weight, op }: DiscoveredLinear, why: string): SnipError {
  return new SnipError(
    'unsupported-model',
    `Rows of the weight ${shownName(weight)} (${op}) cannot be zeroed: ${why}`,
    {
      remedy: 'Export the model again with weights of a plain type.',
    },
  )
}

/** Applies an edit to the whole stored weight. Throws `bad-model` when it is not of the size that the projection asks for. */
export function applyRowEdit({ rows, rowBytes, edit }: RowEdit, bytes: Uint8Array, name: string): void {
  if (bytes.length !== rows * rowBytes) {
    throw new SnipError(
      'bad-model',
      `The weight ${shownName(name)} has ${bytes.length} bytes, not ${rows * rowBytes}`,
      {
        remedy: 'The file is damaged: copy or export it again.',
      },
    )
  }
  for (let row = 0; row < rows; row++) edit(row, bytes.subarray(row * rowBytes, (row + 1) * rowBytes))
}
