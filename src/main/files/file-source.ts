import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { SnipError } from '../../contract/failure.ts'
import type { ByteSource } from '../../core/onnx/tensor-index.ts'

/** An open file read piece by piece. `close` it after use. */
export class FileSource implements ByteSource {
  readonly name: string
  readonly size: number
  readonly #descriptor: number

  constructor(path: string, name: string) {
    this.name = name
    this.#descriptor = openSync(path, 'r')
    this.size = fstatSync(this.#descriptor).size
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done)
      if (count === 0) {
        throw new SnipError(
          'bad-file',
          `${this.name} ends at byte ${offset + done}, ${length - done} bytes too early`,
          {
            remedy: 'The file was cut short: copy or download it again.',
          },
        )
      }
      done += count
    }
    return bytes
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
