import { existsSync } from 'node:fs'
import { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { RecentModel } from '../../../contract/workbench/model.ts'
import type { Grants } from '../grants/grants.ts'
import { RecentFile, recentId } from './recent-file.ts'

const entrySchema = z.object({
  path: z.string(),
  tokenizer: z.string().nullable(),
  name: z.string(),
  family: z.string(),
  openedAt: z.number(),
})

/** The models that were taken into use last, in any workspace, in recent-models.json of the data folder. */
export class RecentModels {
  readonly #file: RecentFile<z.infer<typeof entrySchema>>
  readonly #grants: Grants

  constructor(dataFolder: string, grants: Grants) {
    this.#file = new RecentFile(dataFolder, 'recent-models.json', 'models', entrySchema)
    this.#grants = grants
  }

  /** Newest first. One whose file or folder, or whose tokenizer, is gone has no grant. */
  list(): RecentModel[] {
    return this.#file.read().map(({ path, tokenizer, name, family, openedAt }) => ({
      id: recentId(path),
      name,
      family,
      path,
      openedAt,
      ...this.#grantsOf(path, tokenizer),
    }))
  }

  add(model: Omit<z.infer<typeof entrySchema>, 'openedAt'>): void {
    this.#file.add({ ...model, openedAt: Date.now() })
  }

  /** Takes a model off the list; its files stay. Throws `not-found` when it is not on it. */
  forget(id: string): void {
    const entry = this.#file.read().find(({ path }) => recentId(path) === id)
    if (!entry) throw new SnipError('not-found', 'That model is no longer on the list')
    this.#file.remove(entry.path)
  }

  #grantsOf(path: string, tokenizer: string | null): { grant: Grant | null; tokenizer: Grant | null } {
    const gone = { grant: null, tokenizer: null }
    if (!existsSync(path) || (tokenizer !== null && !existsSync(tokenizer))) return gone
    try {
      return {
        grant: this.#grants.grant(path),
        tokenizer: tokenizer === null ? null : this.#grants.grant(tokenizer),
      }
    } catch {
      // It went away in this moment, or may not be looked at any more.
      return gone
    }
  }
}
