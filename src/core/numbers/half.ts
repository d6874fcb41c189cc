/** Conversions between f32 and the two 16-bit float formats, on bit patterns. */

/** The f16 bits of f32 bits: round to nearest, ties to even; what is too large becomes infinity, NaN stays NaN. */
export function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00)
  if (magnitude < 0x38800000) {
    if (magnitude < 0x33000000) return sign
    const exponent = magnitude >>> 23
    const mantissa = (magnitude & 0x7fffff) | 0x800000
    const shift = 126 - exponent
    const half = mantissa >>> shift
    const rest = mantissa & ((1 << shift) - 1)
    const middle = 1 << (shift - 1)
    return sign | (half + (rest > middle || (rest === middle && (half & 1) === 1) ? 1 : 0))
  }
  // Rounds by adding just under half, and the bit that ties go by: no branch, since activations round either way at random.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** The value of f16 bits. */
export function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** All 65,536 f16 values, for decoding in bulk. */
export function halfTable(): Float32Array {
  const table = new Float32Array(65536)
  for (let half = 0; half < 65536; half++) table[half] = halfValue(half)
  return table
}

/** Decodes little-endian weights of any weight type to f32. */
export function decodeWeights(dtype: 'F32' | 'F16' | 'BF16', bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const aligned = new Uint8Array(bytes.length)
  aligned.set(bytes)
  if (dtype === 'F32') return new Float32Array(aligned.buffer)
  const halves = new Uint16Array(aligned.buffer)
  const values = new Float32Array(halves.length)
  if (dtype === 'F16') {
    const table = halfTable()
    for (let i = 0; i < halves.length; i++) values[i] = table[halves[i]!]!
    return values
  }
  const bits = new Uint32Array(values.buffer)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16
  return values
}
