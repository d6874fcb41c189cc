import { randomBytes } from 'node:crypto'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { SnipError, toSnipError, type FailureKind } from '../../contract/failure.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { guardHeaders } from '../services/web/content-policy.ts'
import { safeFileName } from './upload-name.ts'

/** Where `POST <path>?name=` goes. */
export const uploadPath = '/upload'

export interface UploadOptions {
  /** Each upload gets a folder of its own in here. */
  readonly folder: string
  /** Largest upload in bytes. */
  readonly limit: number
  /** Uploads at a time. */
  readonly most: number
  /** Milliseconds without a byte after which an upload is given up. */
  readonly idleMs: number
  readonly grant: (path: string) => Grant
}

const partEnding = '.part'
const leftoverAgeMs = 24 * 60 * 60 * 1000

const statusOf: Partial<Record<FailureKind, number>> = { 'bad-argument': 400, 'disk-full': 507, busy: 503 }

/** Takes files that the page sends: streamed aside, named when they are whole. Who sends was checked before. */
export class Uploads {
  readonly #options: UploadOptions
  /** Folders of this session's uploads; one that was imported is gone from the disk. */
  readonly #own = new Set<string>()
  #running = 0

  constructor(options: UploadOptions) {
    this.#options = options
  }

  /** Answers a POST: 200 with the grant, or a status with a `Failure`. */
  async answer(request: IncomingMessage, response: ServerResponse, name: string | null): Promise<void> {
    try {
      sendJson(response, 200, await this.#receive(request, name))
    } catch (error) {
      const failure = toSnipError(error)
      const isTooLarge = failure.kind === 'bad-argument' && failure.detail === 'too large'
      const status = isTooLarge ? 413 : (statusOf[failure.kind] ?? 500)
      // The rest of the body is not read, so the connection is of no more use.
      response.shouldKeepAlive = false
      sendJson(response, status, failure.toFailure())
    }
  }

  async #receive(request: IncomingMessage, name: string | null): Promise<Grant> {
    const { folder, limit, most, grant } = this.#options
    if (name === null)
      throw new SnipError('bad-argument', 'An upload needs a name', { remedy: 'Choose the file again.' })
    if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit)
    if (this.#running >= most) {
      throw new SnipError('busy', `${most} uploads are under way already`, { remedy: 'Wait for one to end.' })
    }
    this.#running++
    const own = join(folder, randomBytes(8).toString('hex'))
    const whole = join(own, safeFileName(name))
    const part = join(own, partEnding)
    try {
      await mkdir(own, { recursive: true, mode: 0o700 })
      await this.#stream(request, part)
      await rename(part, whole)
      this.#own.add(own)
      return grant(whole)
    } catch (error) {
      await rm(own, { recursive: true, force: true })
      throw asUploadFailure(error)
    } finally {
      this.#running--
    }
  }

  async #stream(request: IncomingMessage, path: string): Promise<void> {
    const { limit, idleMs } = this.#options
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true })
    // It is thrown at the next write; without a listener it would end the process.
    file.on('error', () => undefined)
    let bytes = 0
    const stalled = setTimeout(() => request.destroy(new Error('The upload stopped')), idleMs)
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        stalled.refresh()
        bytes += chunk.length
        if (bytes > limit) throw tooLarge(limit)
        await write(file, chunk)
      }
      if (!request.complete) throw new SnipError('cancelled', 'The upload was broken off')
    } finally {
      clearTimeout(stalled)
      await end(file)
    }
  }

  /** Removes this session's uploads that nobody imported: nothing can name them any more. */
  async removeOwn(): Promise<void> {
    for (const own of this.#own) await rm(own, { recursive: true, force: true }).catch(() => undefined)
    this.#own.clear()
  }

  /** Removes what uploads left that a killed process had under way. */
  async removeLeftovers(): Promise<void> {
    const folders = await readdir(this.#options.folder).catch(() => [])
    for (const name of folders) {
      const own = join(this.#options.folder, name)
      const part = join(own, partEnding)
      const found = await stat(part).catch(() => null)
      if (found === null || Date.now() - found.mtimeMs < leftoverAgeMs) continue
      await rm(part, { force: true })
      await rmdir(own).catch(() => undefined)
    }
  }
}

function write(file: WriteStream, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => file.write(chunk, (error) => (error ? reject(error) : resolve())))
}

/** Closes the file, whatever became of it; a fault of writing was thrown before. */
function end(file: WriteStream): Promise<void> {
  return new Promise((resolve, reject) => {
    if (file.closed) {
      if (file.errored) reject(file.errored)
      else resolve()
      return
    }
    file.once('close', resolve)
    file.once('error', reject)
    file.end()
  })
}

function tooLarge(limit: number): SnipError {
  return new SnipError('bad-argument', `The file is larger than ${Math.floor(limit / 1024 ** 2)} MiB`, {
    remedy: 'Give its path instead: the workbench then reads it where it lies.',
    detail: 'too large',
  })
}

function asUploadFailure(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SnipError('disk-full', 'The disk is full: the file could not be kept', {
      remedy: 'Free some space and drop the file again.',
      cause: error,
    })
  }
  return error
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    ...guardHeaders,
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': String(body.length),
  })
  response.end(body)
}
