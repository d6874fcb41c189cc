import type { TokenLogit } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import { formatNeuron, type Neuron } from '../../../contract/neuron.ts'
import type { Linear } from '../../../core/architectures/layout.ts'
import { decodeWeights } from '../../../core/numbers/half.ts'
import { bytesPerElement, type ByteSource, type TensorEntry } from '../../../core/onnx/tensor-index.ts'
import { describeRange, findNeuron } from '../../../core/ranking/neuron-space.ts'
import { withFile } from '../../files/file-source.ts'
import { tensorOf, type OpenModel } from '../model/open-model.ts'
import { requirePart, type ReadoutNorm } from '../model/readout.ts'
import { betweenBatches } from './steps.ts'

/** Bytes of the unembedding read at a time, between which other calls are served. */
const pieceBytes = 8 * 1024 * 1024

/**
 * The tokens that a neuron speaks for directly. Its row w of the output projection goes through the linear part of the norms on its
 * way (of its sublayer's output, where there is one, and the last; LayerNorm takes the mean out, and all multiply by their weights)
 * and the unembedding: logit = W_U (g * (w - mean(w))) with one norm, per unit of activation. Ignored is what depends on the text: the
 * norms' divisions by the size of what they read, and what later layers make of the neuron's output; and constants: the biases.
 */
export async function promotedTokens(
  model: OpenModel,
  neuron: Neuron,
  count: number,
  signal: AbortSignal | undefined,
): Promise<{ promoted: TokenLogit[]; suppressed: TokenLogit[] }> {
  const norms = requirePart(model.readout.norms, 'its last norm')
  const { outputProjection } = model.readout
  let direction = outputRow(model, neuron)
  for (const norm of norms(neuron)) direction = throughNorm(model, direction, norm)
  if (outputProjection) {
    direction = Float32Array.from(await multiply(model, outputProjection, direction, signal))
  }
  const head = requirePart(model.readout.head, 'an unembedding that is linear')
  const logits = await multiply(model, head, direction, signal)
  const order = Uint32Array.from(logits, (_, id) => id)
  // Ties go to the lower id on both sides.
  order.sort((a, b) => logits[b]! - logits[a]! || a - b)
  const shown = Math.min(count, order.length)
  const promoted = Array.from(order.subarray(0, shown))
  const suppressed = Array.from(order.subarray(order.length - shown)).sort((a, b) => logits[a]! - logits[b]! || a - b)
  const named = (id: number) => ({ id, piece: model.tokenizer.tokenText(id), logit: logits[id]! })
  return { promoted: promoted.map(named), suppressed: suppressed.map(named) }
}

/** The row of the output projection that a neuron's activation multiplies: f32 [width]. */
function outputRow(model: OpenModel, neuron: Neuron): Float32Array {
  const linear = model.readout.outputOf?.(neuron)
  if (findNeuron(model.space, neuron) === null || !linear) {
    throw new SnipError(
      'bad-argument',
      `There is no neuron ${formatNeuron(neuron)}: ${describeRange(model.space, neuron)}`,
      { remedy: 'Choose a neuron of this model.' },
    )
  }
  return withTensor(model, linear.weight, (entry, file) => inputRow(linear, entry, file, neuron.index))
}

/** All weights that one input of a matrix multiplies: a row as stored, or a column that is gathered element by element. */
function inputRow({ order, inputs, outputs }: Linear, entry: TensorEntry, file: ByteSource, input: number) {
  const size = bytesPerElement[entry.dtype]
  if (order === 'in-out') {
    return decodeWeights(entry.dtype, file.read(entry.offset + input * outputs * size, outputs * size))
  }
  const bytes = new Uint8Array(outputs * size)
  for (let output = 0; output < outputs; output++) {
    bytes.set(file.read(entry.offset + (output * inputs + input) * size, size), output * size)
  }
  return decodeWeights(entry.dtype, bytes)
}

function throughNorm(model: OpenModel, row: Float32Array, { centred, plusOne, weight }: ReadoutNorm): Float32Array {
  let mean = 0
  if (centred) for (const value of row) mean += value / row.length
  if (weight === null) return row.map((value) => value - mean)
  const scale = withTensor(model, weight, ({ dtype, offset, byteLength }, file) =>
    decodeWeights(dtype, file.read(offset, byteLength)),
  )
  return row.map((value, at) => (value - mean) * (plusOne ? 1 + scale[at]! : scale[at]!))
}

/** A matrix times a direction, without its bias, in f64: [outputs]. */
async function multiply(
  model: OpenModel,
  { weight, order, inputs, outputs }: Linear,
  direction: Float32Array,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const products = new Float64Array(outputs)
  const outer = order === 'out-in' ? outputs : inputs
  const inner = order === 'out-in' ? inputs : outputs
  const entry = tensorOf(model, weight)
  const rowBytes = inner * bytesPerElement[entry.dtype]
  const together = Math.max(1, Math.floor(pieceBytes / rowBytes))
  for (let first = 0; first < outer; first += together) {
    await betweenBatches(signal)
    const count = Math.min(together, outer - first)
    const values = withTensor(model, weight, ({ dtype, offset }, file) =>
      decodeWeights(dtype, file.read(offset + first * rowBytes, count * rowBytes)),
    )
    for (let row = 0; row < count; row++) {
      const at = row * inner
      if (order === 'out-in') {
        let sum = 0
        for (let i = 0; i < inner; i++) sum += values[at + i]! * direction[i]!
        products[first + row] = sum
      } else {
        const factor = direction[first + row]!
        for (let output = 0; output < inner; output++) products[output]! += factor * values[at + output]!
      }
    }
  }
  return products
}

function withTensor<T>(model: OpenModel, name: string, use: (entry: TensorEntry, file: ByteSource) => T): T {
  const entry = tensorOf(model, name)
  const { path } = model.weights.files.get(entry.file)!
  return withFile(path, entry.file, (file) => use(entry, file))
}
