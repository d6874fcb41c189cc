import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'

/** Channel on which the preload names the paths of dropped files. */
export const dropChannel = 'snip:drop'

const pathsSchema = z.array(z.string().min(1).max(4096)).min(1).max(1000)
const mostDrops = 20

/** Paths of files that were dropped on the window or opened from outside, by an id that only this side makes. */
export class Drops {
  readonly #paths = new Map<string, readonly string[]>()

  /** Keeps the paths that exist and answers their id; null when there is none of them. */
  add(given: unknown): string | null {
    const parsed = pathsSchema.safeParse(given)
    const paths = parsed.success ? parsed.data.filter((path) => isAbsolute(path) && existsSync(path)) : []
    if (paths.length === 0) return null
    const id = randomBytes(12).toString('hex')
    this.#paths.set(id, paths)
    const oldest = this.#paths.keys().next()
    if (this.#paths.size > mostDrops && !oldest.done) this.#paths.delete(oldest.value)
    return id
  }

  /** The paths of a drop. Throws `not-found`. */
  pathsOf(id: string): readonly string[] {
    const paths = this.#paths.get(id)
    if (!paths) {
      throw new SnipError('not-found', 'These dropped files are not known any more', { remedy: 'Drop them again.' })
    }
    return paths
  }
}
