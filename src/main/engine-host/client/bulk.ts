import { SnipError } from '../../../contract/failure.ts'

/** Numbers as they cross between the host and its caller: base64 of their little-endian bytes. */
export function encodeBulk(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

/** Reads what `encodeBulk` wrote from a Float32Array. */
export function decodeFloat32(base64: string): Float32Array {
  return new Float32Array(bytesOf4(base64))
}

/** Reads what `encodeBulk` wrote from a Float64Array. */
export function decodeFloat64(base64: string): Float64Array {
  const bytes = bytesOf4(base64)
  if (bytes.byteLength % 8 !== 0)
    throw new SnipError('internal', `${bytes.byteLength} bytes are no whole number of values`)
  return new Float64Array(bytes)
}

/** Reads what `encodeBulk` wrote from a Uint32Array. */
export function decodeUint32(base64: string): Uint32Array {
  return new Uint32Array(bytesOf4(base64))
}

function bytesOf4(base64: string): ArrayBuffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length % 4 !== 0) throw new SnipError('internal', `${bytes.length} bytes are no whole number of values`)
  return Uint8Array.from(bytes).buffer
}
