/** The number types of published checkpoints. */
export type Dtype = 'F32' | 'F16' | 'BF16'

export const bytesPerNumber: Readonly<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 }

/** Numbers as little-endian bytes of a type, rounded to nearest, ties to even. */
export function encodeNumbers(values: Float32Array, dtype: Dtype): Uint8Array {
  const bytes = new Uint8Array(values.length * bytesPerNumber[dtype])
  const view = new DataView(bytes.buffer)
  if (dtype === 'F32') values.forEach((value, i) => view.setFloat32(4 * i, value, true))
  else {
    const bitsOf = dtype === 'F16' ? float16Bits : bfloat16Bits
    values.forEach((value, i) => view.setUint16(2 * i, bitsOf(value), true))
  }
  return bytes
}

/** The inverse of `encodeNumbers`: every number of a 16-bit type is a 32-bit number too. */
export function decodeNumbers(bytes: Uint8Array, dtype: Dtype): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new Float32Array(bytes.length / bytesPerNumber[dtype])
  for (let i = 0; i < values.length; i++) {
    if (dtype === 'F32') values[i] = view.getFloat32(4 * i, true)
    else values[i] = (dtype === 'F16' ? fromFloat16Bits : fromBfloat16Bits)(view.getUint16(2 * i, true))
  }
  return values
}

function float32Bits(value: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return view.getUint32(0)
}

/** The upper half of a 32-bit number, rounded; a NaN stays a NaN. */
export function bfloat16Bits(value: number): number {
  const bits = float32Bits(value)
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff
}

export function fromBfloat16Bits(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits * 65536)
  return view.getFloat32(0)
}

/** IEEE 754 binary16 of a 32-bit number; from 65,520 on it is infinity. */
export function float16Bits(value: number): number {
  const bits = float32Bits(value)
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return sign | 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  // Below 2^-14 the spacing is 2^-24 throughout; above, the exponent moves from bias 127 to bias 15.
  if (magnitude < 2 ** -14) return sign | roundHalfToEven(magnitude * 2 ** 24)
  const rebiased = (bits & 0x7fffffff) - (112 << 23)
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13)
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below
}
