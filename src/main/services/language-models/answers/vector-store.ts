import { existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { invariant, SnipError } from '../../../../contract/failure.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { bytesOf } from '../../../files/write-aside.ts'
import { takeWriterLock, type WriterLock } from '../../jobs/writer-lock.ts'
import { sha256 } from '../../jobs/canonical-json.ts'
import { AppendFile } from './append-file.ts'
import { HashPlaces } from './hash-places.ts'

const hashBytes = 32
const mostParts = 64
/** Of the file of vectors: their width. */
const headerBytes = 4
const mostWidth = 65_536
const mostRows = 2 ** 40
/** Taken for the width before the first vector came, and room for what else is written meanwhile. */
const usualWidth = 4096
const spareBytes = 1024 * 1024

/** A pair of files: hashes of 32 bytes, and their vectors of little-endian f32, in the same order. */
interface Part {
  readonly hashes: AppendFile
  readonly vectors: AppendFile
  readonly lock: WriterLock | null
}

/**
 * Vectors of one embedding model by the hash of their text, for all workspaces. Each process adds to a part of its own and reads
 * those of others as they were when it began. A vector is in the file before its hash: what was torn off is not found.
 */
export class VectorStore {
  readonly #folder: string
  readonly #parts: Part[] = []
  /** Part and row of each hash, in one number: part x `mostRows` + row. */
  readonly #places = new HashPlaces()
  #width: number | null = null

  constructor(folder: string, baseUrl: string, model: string) {
    this.#folder = join(folder, sha256(baseUrl, '\n', model).slice(0, 32))
    makeFolder(this.#folder)
    for (let number = 0; number < mostParts; number++) {
      const isThere = existsSync(this.#path(number, 'hashes'))
      const own = this.#parts.some(({ lock }) => lock !== null)
      if (!isThere && own) break
      const part = this.#open(number, own)
      this.#parts.push(part)
      this.#index(part, number)
    }
  }

  get width(): number | null {
    return this.#width
  }

  has(hash: string): boolean {
    return this.#places.has(hash)
  }

  find(hash: string): Float32Array | null {
    return this.#places.has(hash) ? this.read([hash]) : null
  }

  /** Vectors one after the other; those that were kept one after the other are read together. Each must be there. */
  read(hashes: readonly string[]): Float32Array {
    const width = this.#width ?? 0
    const vectors = new Float32Array(hashes.length * width)
    const bytes = bytesOf(vectors)
    for (let first = 0; first < hashes.length;) {
      const place = this.#placeOf(hashes[first]!)
      let count = 1
      while (first + count < hashes.length && this.#placeOf(hashes[first + count]!) === place + count) count++
      const part = this.#parts[Math.floor(place / mostRows)]!
      const from = headerBytes + (place % mostRows) * width * 4
      bytes.set(part.vectors.read(from, count * width * 4), first * width * 4)
      first += count
    }
    return vectors
  }

  /** Throws `disk-full` where so many more vectors may not find room: they are not to be paid for. */
  checkRoom(vectors: number): void {
    const wanted = vectors * ((this.#width ?? usualWidth) * 4 + hashBytes) + spareBytes
    if (freeBytes(this.#folder) >= wanted) return
    throw new SnipError('disk-full', `The disk is full: ${this.#folder} may not take the vectors that are asked for`, {
      remedy: `Free ${Math.ceil(wanted / 1024 ** 2)} MB and go on; every vector so far is kept.`,
    })
  }

  /** Throws `llm-reply` for a vector of another width than those of the model so far. */
  keep(hash: string, vector: Float32Array): void {
    if (this.#places.has(hash)) return
    const own = this.#parts.findIndex(({ lock }) => lock !== null)
    const part = this.#parts[own]
    if (!part) return
    this.#width ??= vector.length
    if (vector.length !== this.#width) {
      throw new SnipError(
        'llm-reply',
        `The model's vectors have ${vector.length} numbers, and had ${this.#width} before`,
        {
          remedy: 'Check the embedding model of the provider.',
        },
      )
    }
    if (part.vectors.size === 0) part.vectors.append(widthHeader(vector.length))
    part.vectors.append(bytesOf(vector))
    const bytes = Buffer.from(hash, 'hex')
    const at = part.hashes.append(bytes) / hashBytes
    this.#places.set(bytes, 0, own * mostRows + at)
  }

  close(): void {
    for (const { hashes, vectors, lock } of this.#parts) {
      vectors.close()
      hashes.close()
      lock?.release()
    }
  }

  #path(number: number, what: 'hashes' | 'vectors' | 'lock'): string {
    return join(this.#folder, `${number}.${what}`)
  }

  #open(number: number, readOnly: boolean): Part {
    let lock: WriterLock | null = null
    if (!readOnly) {
      try {
        lock = takeWriterLock(this.#path(number, 'lock'), this.#path(number, 'hashes'))
      } catch (error) {
        if (!(error instanceof SnipError) || error.kind !== 'busy') throw error
      }
    }
    return {
      hashes: new AppendFile(this.#path(number, 'hashes')),
      vectors: new AppendFile(this.#path(number, 'vectors')),
      lock,
    }
  }

  #placeOf(hash: string): number {
    const place = this.#places.get(hash)
    invariant(place !== undefined, `a vector of ${hash} is kept`)
    return place
  }

  #index(part: Part, number: number): void {
    const { hashes, vectors, lock } = part
    const width = vectors.size < headerBytes ? 0 : vectors.read(0, headerBytes).readUInt32LE(0)
    const isOurs = width > 0 && width <= mostWidth && (this.#width === null || width === this.#width)
    const whole = isOurs ? Math.floor((vectors.size - headerBytes) / (width * 4)) : 0
    const count = Math.min(Math.floor(hashes.size / hashBytes), whole)
    if (lock !== null) {
      hashes.truncate(count * hashBytes)
      vectors.truncate(count === 0 ? 0 : headerBytes + count * width * 4)
    }
    if (count === 0) return
    this.#width = width
    const all = hashes.read(0, count * hashBytes)
    for (let at = 0; at < count; at++) this.#places.set(all, at * hashBytes, number * mostRows + at)
  }
}

function widthHeader(width: number): Buffer {
  const bytes = Buffer.alloc(headerBytes)
  bytes.writeUInt32LE(width)
  return bytes
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    // Not every file system tells: then the first write that fails does.
    return Number.POSITIVE_INFINITY
  }
}
