import { existsSync } from 'node:fs'
import { z } from 'zod'
import type { Grant } from '../../../contract/workbench/files.ts'
import type { Grants } from '../grants/grants.ts'
import { RecentFile } from './recent-file.ts'

const entrySchema = z.object({ path: z.string(), openedAt: z.number() })

/** The folders of sentence models that were used last, in any workspace, in recent-sentence-models.json of the data folder. */
export class RecentSentenceModels {
  readonly #file: RecentFile<z.infer<typeof entrySchema>>
  readonly #grants: Grants

  constructor(dataFolder: string, grants: Grants) {
    this.#file = new RecentFile(dataFolder, 'recent-sentence-models.json', 'models', entrySchema)
    this.#grants = grants
  }

  /** The newest of those that are still there. */
  last(): Grant | null {
    for (const { path } of this.#file.read()) {
      try {
        if (existsSync(path)) return this.#grants.grant(path)
      } catch {
        // It went away in this moment, or may not be looked at any more.
      }
    }
    return null
  }

  add(path: string): void {
    this.#file.add({ path, openedAt: Date.now() })
  }
}
