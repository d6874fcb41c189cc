import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import { SnipError } from '../../../../contract/failure.ts'
import { fileError } from '../../../files/write-aside.ts'

const unitsPerSync = 64

/** How bytes get into a file; a full disk is made up in tests. */
export type WriteBytes = (
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => number

/**
 * A file that only grows, by whole units. Each is handed to the system at once, so that kill -9 loses none; the disk is synced every
 * 64 units and at the end. A unit that did not fit is cut off again.
 */
export class AppendFile {
  readonly path: string
  #file: number | null
  readonly #write: WriteBytes
  #size: number
  #unsynced = 0

  constructor(path: string, write: WriteBytes = writeSync) {
    this.path = path
    this.#write = write
    try {
      this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600)
    } catch (error) {
      throw fileError(error, path, 'write')
    }
    const facts = fstatSync(this.#file)
    if (!facts.isFile()) {
      closeSync(this.#file)
      throw new SnipError('bad-file', `${path} is no regular file`, { remedy: 'Put a file in its place.' })
    }
    this.#size = facts.size
  }

  get size(): number {
    return this.#size
  }

  /** Cuts off what was not written whole. */
  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size)
    this.#size = size
  }

  /** Where the bytes begin. Throws `disk-full`; then nothing of them is in the file. */
  append(bytes: Uint8Array): number {
    const descriptor = this.#descriptor
    let done = 0
    try {
      while (done < bytes.length) {
        done += this.#write(descriptor, bytes, done, bytes.length - done, this.#size + done)
      }
    } catch (error) {
      ftruncateSync(descriptor, this.#size)
      throw fileError(error, this.path, 'write')
    }
    const offset = this.#size
    this.#size += bytes.length
    if (++this.#unsynced >= unitsPerSync) this.flush()
    return offset
  }

  read(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    let done = 0
    while (done < length) {
      const read = readSync(this.#descriptor, bytes, done, length - done, offset + done)
      if (read === 0)
        throw new SnipError('bad-file', `${this.path} ends too early`, { remedy: 'Delete it and try again.' })
      done += read
    }
    return bytes
  }

  flush(): void {
    fsyncSync(this.#descriptor)
    this.#unsynced = 0
  }

  close(): void {
    const descriptor = this.#descriptor
    try {
      this.flush()
    } finally {
      this.#file = null
      closeSync(descriptor)
    }
  }

  /** The number of a closed file may be another file's by now: nothing goes there. */
  get #descriptor(): number {
    if (this.#file !== null) return this.#file
    throw new SnipError('internal', `${this.path} was used after it was closed`)
  }
}
