import type { ByteSource } from '../../../src/core/onnx/tensor-index.ts'

/** A file in memory that counts what is read of it. Reading outside of it is an error of the reader, not of the file. */
export class MemorySource implements ByteSource {
  readonly name: string
  readonly #bytes: Uint8Array
  bytesRead = 0

  constructor(bytes: Uint8Array, name = 'file') {
    this.#bytes = bytes
    this.name = name
  }

  get size(): number {
    return this.#bytes.length
  }

  read(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new RangeError(`Bytes ${offset} to ${offset + length} of ${this.size}`)
    }
    this.bytesRead += length
    return this.#bytes.slice(offset, offset + length)
  }
}
