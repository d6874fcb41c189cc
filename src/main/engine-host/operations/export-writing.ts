import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileLength, partChunks, type PlannedFile } from '../../../core/pruning/planned-file.ts'
import { FileSource } from '../../files/file-source.ts'
import { betweenBatches, progress, ProgressThrottle } from './steps.ts'

export interface WrittenFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes planned files below a folder, a few MB at a time, hashed on the way. `pathOf` says where the files lie that parts are
 * taken from. Yields progress in bytes.
 */
export async function* writePlannedFiles(
  files: readonly PlannedFile[],
  folder: string,
  pathOf: (file: string) => string,
  signal: AbortSignal | undefined,
) {
  const total = files.reduce((sum, file) => sum + fileLength(file), 0)
  const throttle = new ProgressThrottle()
  const sources = new Map<string, FileSource>()
  const sourceOf = (file: string) => {
    const known = sources.get(file)
    if (known) return known
    const opened = new FileSource(pathOf(file), file)
    sources.set(file, opened)
    return opened
  }
  const written: WrittenFile[] = []
  let done = 0
  try {
    for (const { name, parts } of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      const file = new HashedFile(folder, name)
      try {
        for (const part of parts) {
          for (const chunk of partChunks(part, sourceOf)) {
            file.write(chunk)
            done += chunk.length
            if (throttle.due(done, total)) yield progress(done, total, 'bytes')
            await betweenBatches(signal)
          }
        }
        written.push(file.finish())
      } finally {
        file.close()
      }
    }
    return written
  } finally {
    for (const source of sources.values()) source.close()
  }
}

/** A new file that is hashed while it is written. */
class HashedFile {
  readonly #name: string
  readonly #descriptor: number
  readonly #hash = createHash('sha256')
  #size = 0

  constructor(folder: string, name: string) {
    this.#name = name
    this.#descriptor = openSync(join(folder, name), 'wx')
  }

  write(bytes: Uint8Array): void {
    let done = 0
    while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done, bytes.length - done)
    this.#hash.update(bytes)
    this.#size += bytes.length
  }

  /** Makes the content lasting. */
  finish(): WrittenFile {
    fsyncSync(this.#descriptor)
    return { name: this.#name, bytes: this.#size, sha256: this.#hash.digest('hex') }
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}
