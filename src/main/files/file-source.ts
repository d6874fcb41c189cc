import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { SnipError } from '../../contract/failure.ts'
import type { ByteSource } from '../../core/onnx/tensor-index.ts'
import { fileError } from './write-aside.ts'

/** Opening a pipe that nobody writes to would wait for ever. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** An open file read piece by piece. `close` it after use. Pipes, devices and folders are refused. */
export class FileSource implements ByteSource {
  readonly name: string
  readonly size: number
  readonly #path: string
  readonly #descriptor: number

  constructor(path: string, name: string) {
    this.name = name
    this.#path = path
    try {
      this.#descriptor = openSync(path, flags)
    } catch (error) {
      throw fileError(error, path, 'read')
    }
    const stats = fstatSync(this.#descriptor)
    this.size = stats.size
    if (stats.isFile()) return
    this.close()
    throw new SnipError('bad-file', `${name} is no ordinary file`, { remedy: 'Choose a file.' })
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.readInto(offset, bytes)
    return bytes
  }

  /** Fills `bytes` with what stands from `offset` on. */
  readInto(offset: number, bytes: Uint8Array): void {
    let done = 0
    while (done < bytes.length) {
      const count = this.#readSome(bytes, done, offset + done)
      if (count === 0) {
        throw new SnipError(
          'bad-file',
          `${this.name} ends at byte ${offset + done}, ${bytes.length - done} bytes too early`,
          {
            remedy: 'The file was cut short: copy or download it again.',
          },
        )
      }
      done += count
    }
  }

  #readSome(bytes: Uint8Array, from: number, position: number): number {
    try {
      return readSync(this.#descriptor, bytes, from, bytes.length - from, position)
    } catch (error) {
      throw fileError(error, this.#path, 'read')
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** Opens a file, uses it and closes it. */
export function withFile<T>(path: string, name: string, use: (source: FileSource) => T): T {
  const source = new FileSource(path, name)
  try {
    return use(source)
  } finally {
    source.close()
  }
}
