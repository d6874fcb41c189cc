import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../../files/make-folder.ts'

/** Answers of all jobs by the hash of their request, a file each. A missing or damaged one costs a request, never a failure. */
export class ReplyCache {
  readonly #folder: string
  readonly #made = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  has(hash: string): boolean {
    return existsSync(this.#path(hash))
  }

  find(hash: string): unknown {
    try {
      const json = JSON.parse(readFileSync(this.#path(hash), 'utf8')) as { hash?: unknown; reply?: unknown } | null
      return json?.hash === hash ? json.reply : undefined
    } catch {
      return undefined
    }
  }

  keep(hash: string, reply: unknown): void {
    const path = this.#path(hash)
    const aside = `${path}.${process.pid}`
    try {
      this.#makeFolder(hash.slice(0, 2))
      const descriptor = openSync(aside, 'w', 0o600)
      try {
        writeSync(descriptor, JSON.stringify({ hash, reply }))
      } finally {
        closeSync(descriptor)
      }
      renameSync(aside, path)
    } catch {
      rmSync(aside, { force: true })
    }
  }

  #makeFolder(part: string): void {
    if (this.#made.has(part)) return
    makeFolder(join(this.#folder, part))
    this.#made.add(part)
  }

  #path(hash: string): string {
    return join(this.#folder, hash.slice(0, 2), `${hash}.json`)
  }
}
