import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { RecentFile } from '../recent/recent-file.ts'
import { workspaceFile } from '../recipes/workspace-folder.ts'

const entrySchema = z.object({ path: z.string(), name: z.string(), openedAt: z.number() })
export type RecentEntry = z.infer<typeof entrySchema> & { readonly exists: boolean }

/** The workspaces opened last, newest first, in recent.json. */
export class RecentList {
  readonly #file: RecentFile<z.infer<typeof entrySchema>>

  constructor(folder: string) {
    this.#file = new RecentFile(folder, 'recent.json', 'workspaces', entrySchema)
  }

  read(): RecentEntry[] {
    return this.#file.read().map((entry) => ({ ...entry, exists: existsSync(join(entry.path, workspaceFile)) }))
  }

  add(path: string, name: string): void {
    this.#file.add({ path, name, openedAt: Date.now() })
  }

  /** Takes a workspace off the list; its folder stays. */
  remove(path: string): void {
    this.#file.remove(path)
  }
}
