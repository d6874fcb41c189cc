import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerAmount, KeptAnswers } from '../../../../contract/workbench/answers.ts'
import { makeFolder } from '../../../files/make-folder.ts'
import { clearAnswers, countAnswers, keepNewest } from './answer-files.ts'
import type { AnswerLimit } from './answer-limit.ts'

/** What is left when answers were too much: so that not every further one makes them too much again. */
const leftOfLimit = 0.9

/** Of the limit: after so much was added it is counted anew, since other processes add as well. */
const countedEvery = 1 / 16

/**
 * Answers of all jobs by the hash of their request, a file each. A missing or damaged one costs a request, never a failure. When they take
 * more than the limit the oldest go; a job that goes on finds its own answers in its journal.
 */
export class ReplyCache {
  readonly #folder: string
  readonly #limit: Pick<AnswerLimit, 'read' | 'set'>
  readonly #made = new Set<string>()
  /** Bytes at the last count, and those added since; null before the first. */
  #counted: { readonly bytes: number; readonly limit: number } | null = null
  #added = 0
  #looking: Promise<void> | null = null

  constructor(folder: string, limit: Pick<AnswerLimit, 'read' | 'set'>) {
    this.#folder = folder
    this.#limit = limit
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
        this.#added += writeSync(descriptor, JSON.stringify({ hash, reply }))
      } finally {
        closeSync(descriptor)
      }
      renameSync(aside, path)
    } catch {
      rmSync(aside, { force: true })
    }
    this.#lookWhereDue()
  }

  /** How many answers there are and what they take, counted anew. */
  async kept(): Promise<KeptAnswers> {
    return { ...(await countAnswers(this.#folder)), limitBytes: this.#limit.read() }
  }

  /** Deletes all answers. Folders stay: other processes write into them. */
  async clear(): Promise<AnswerAmount> {
    const cleared = await clearAnswers(this.#folder)
    this.#counted = null
    return cleared
  }

  /** Takes another limit, and holds it at once. */
  async limitTo(limitBytes: number): Promise<KeptAnswers> {
    this.#limit.set(limitBytes)
    await this.#looking
    await this.#look()
    return this.kept()
  }

  /** When nothing is being deleted any more. */
  async settled(): Promise<void> {
    await this.#looking
  }

  #lookWhereDue(): void {
    if (this.#looking !== null) return
    if (this.#counted !== null) {
      const { bytes, limit } = this.#counted
      if (bytes + this.#added <= limit && this.#added <= limit * countedEvery) return
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = null
    })
  }

  /** Counts, and deletes what is too much. What goes wrong with it is no failure of the work beside it. */
  async #look(): Promise<void> {
    const limit = this.#limit.read()
    this.#added = 0
    try {
      let { bytes } = await countAnswers(this.#folder)
      if (bytes > limit) ({ bytes } = await keepNewest(this.#folder, limit * leftOfLimit))
      this.#counted = { bytes, limit }
    } catch {
      this.#counted = { bytes: 0, limit }
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
