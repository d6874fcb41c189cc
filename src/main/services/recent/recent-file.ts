import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'

/** Something that was opened before, by the path it lay at. */
export interface Opened {
  readonly path: string
  /** Milliseconds since 1970. */
  readonly openedAt: number
}

const most = 20

/**
 * What was opened last, newest first, as a list in a JSON file of the data folder; each path once. Losing the list loses nothing
 * else: a damaged file is an empty list, and failures to add are silent.
 */
export class RecentFile<Entry extends Opened> {
  readonly #folder: string
  readonly #name: string
  readonly #field: string
  readonly #schema: z.ZodType<Entry>

  /** The file `name` of `folder` holds the list under `field`. */
  constructor(folder: string, name: string, field: string, entry: z.ZodType<Entry>) {
    this.#folder = folder
    this.#name = name
    this.#field = field
    this.#schema = entry
  }

  read(): Entry[] {
    try {
      const json: unknown = JSON.parse(readFileSync(join(this.#folder, this.#name), 'utf8'))
      const file = z.looseObject({ version: z.literal(1), [this.#field]: z.array(this.#schema) }).parse(json)
      return file[this.#field] as Entry[]
    } catch {
      return []
    }
  }

  add(entry: Entry): void {
    try {
      this.#write([entry, ...this.read().filter(({ path }) => path !== entry.path)].slice(0, most))
    } catch {
      // It is open all the same.
    }
  }

  /** Takes a path off the list. Throws `disk-full` and the like; then it is still there. */
  remove(path: string): void {
    const entries = this.read()
    const kept = entries.filter((entry) => entry.path !== path)
    if (kept.length < entries.length) this.#write(kept)
  }

  #write(entries: readonly Entry[]): void {
    makeFolder(this.#folder)
    writeJsonAside(join(this.#folder, this.#name), { version: 1, [this.#field]: entries })
  }
}

/** Names an entry of a list of what was opened before, also when its path leads nowhere any more and can have no grant. */
export function recentId(path: string): string {
  return `recent-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
}
