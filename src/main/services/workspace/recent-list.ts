import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../files/make-folder.ts'
import { writeJsonAside } from '../../files/write-aside.ts'
import { workspaceFile } from '../recipes/workspace-folder.ts'

const entrySchema = z.object({ path: z.string(), name: z.string(), openedAt: z.number() })
const fileSchema = z.object({ version: z.literal(1), workspaces: z.array(entrySchema) })
export type RecentEntry = z.infer<typeof entrySchema> & { readonly exists: boolean }

const most = 20

/** The workspaces opened last, newest first, in recent.json. Losing the list loses nothing else: failures are silent. */
export class RecentList {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  read(): RecentEntry[] {
    return this.#read().map((entry) => ({ ...entry, exists: existsSync(join(entry.path, workspaceFile)) }))
  }

  add(path: string, name: string): void {
    const others = this.#read().filter((entry) => entry.path !== path)
    try {
      makeFolder(this.#folder)
      const workspaces = [{ path, name, openedAt: Date.now() }, ...others].slice(0, most)
      writeJsonAside(this.#file, { version: 1, workspaces })
    } catch {
      // The workspace is open all the same.
    }
  }

  get #file(): string {
    return join(this.#folder, 'recent.json')
  }

  #read(): z.infer<typeof entrySchema>[] {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).workspaces
    } catch {
      return []
    }
  }
}
