import { SnipError } from '../../../contract/failure.ts'

/** Numbers as they cross between the host and its caller: base64 of their little-endian bytes. */
export function encodeBulk(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

/** Reads what `encodeBulk` wrote from a Float32Array. */
export function decodeFloat32(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length % 4 !== 0) throw new SnipError('internal', `${bytes.length} bytes are no whole number of f32 values`)
  const values = new Float32Array(bytes.length / 4)
  new Uint8Array(values.buffer).set(bytes)
  return values
}
