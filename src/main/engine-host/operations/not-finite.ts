import { SnipError } from '../../../contract/failure.ts'
import { bytesPerElement } from '../../../core/onnx/tensor-index.ts'
import { withFile } from '../../files/file-source.ts'
import { tensorOf, type OpenModel } from '../model/open-model.ts'

const chunkBytes = 8 * 1024 * 1024

/** Why a model computes numbers that are not finite: names the first weight that is NaN or infinite, if there is one. */
export function explainNotFinite(model: OpenModel, what: string): SnipError {
  for (const name of model.usedWeights) {
    const entry = tensorOf(model, name)
    const { path } = model.weights.files.get(entry.file)!
    const where = withFile(path, entry.file, (file) => {
      for (let at = 0; at < entry.byteLength; at += chunkBytes) {
        const bytes = file.read(entry.offset + at, Math.min(chunkBytes, entry.byteLength - at))
        const element = firstNotFinite(entry.dtype, bytes)
        if (element !== null) return at / bytesPerElement[entry.dtype] + element
      }
      return null
    })
    if (where !== null) {
      return new SnipError('bad-model', `Tensor "${name}" in ${entry.file} is not finite at element ${where}`, {
        remedy: 'The weights are damaged: download the checkpoint again.',
      })
    }
  }
  return new SnipError('not-finite', `${what} are not finite, although all weights are`, {
    remedy: 'The model overflows on this input: use other text, or weights of a wider type.',
  })
}

/** Index of the first NaN or infinity: all exponent bits set. */
function firstNotFinite(dtype: 'F32' | 'F16' | 'BF16', bytes: Uint8Array): number | null {
  const exponent = dtype === 'F16' ? 0x7c00 : 0x7f80
  const size = bytesPerElement[dtype]
  for (let i = size - 2; i < bytes.length; i += size) {
    const high = bytes[i]! | (bytes[i + 1]! << 8)
    if ((high & exponent) === exponent) return (i - (size - 2)) / size
  }
  return null
}

/** Throws when any of `values` is NaN or infinite. */
export function requireFinite(model: OpenModel, values: Float32Array, what: string): void {
  for (const value of values) if (!Number.isFinite(value)) throw explainNotFinite(model, what)
}
