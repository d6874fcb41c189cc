import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError, writeJsonAside } from '../../files/write-aside.ts'

const entrySchema = z.object({ fingerprint: z.string(), modelHash: z.string().regex(/^[0-9a-f]{64}$/) })
const cacheSchema = z.object({ version: z.literal(1), models: z.record(z.string(), entrySchema) })
type Cache = z.infer<typeof cacheSchema>

const mostEntries = 200

/**
 * Model hashes by path, good as long as size and time of change of every file of the model stay the same. The file
 * is only a shortcut: a missing, damaged or unwritable one costs a hash, never a failure.
 */
export class ModelHashCache {
  readonly #file: string

  constructor(cacheFolder: string) {
    this.#file = join(cacheFolder, 'model-hashes.json')
  }

  /** The hash of the model whose files have this fingerprint; null when it is not known. */
  find(modelPath: string, fingerprint: string): string | null {
    const entry = this.#read().models[modelPath]
    return entry?.fingerprint === fingerprint ? entry.modelHash : null
  }

  keep(modelPath: string, fingerprint: string, modelHash: string): void {
    const others = Object.entries(this.#read().models).filter(([path]) => path !== modelPath)
    const kept = [...others.slice(1 - mostEntries), [modelPath, { fingerprint, modelHash }]]
    try {
      makeFolder(dirname(this.#file))
      writeJsonAside(this.#file, { version: 1, models: Object.fromEntries(kept) } satisfies Cache)
    } catch {
      // No cache, then: the hash is computed again next time.
    }
  }

  #read(): Cache {
    try {
      return cacheSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch {
      return { version: 1, models: {} }
    }
  }
}

/** The user's cache folder for this program: below XDG_CACHE_HOME, or ~/.cache. */
export function cacheFolderOf(environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = environment['XDG_CACHE_HOME']
  return join(base !== undefined && base !== '' ? base : join(home, '.cache'), 'snip-workbench')
}

/** Name, size and time of change (nanoseconds) of each file that can be part of the model. */
export function fingerprintOf(modelPath: string): string {
  try {
    const isFolder = statSync(modelPath).isDirectory()
    const folder = isFolder ? modelPath : dirname(modelPath)
    const own = basename(modelPath)
    const belongs = (name: string) =>
      isFolder ? name === 'config.json' || /\.safetensors(\.index\.json)?$/.test(name) : name.startsWith(own)
    return readdirSync(folder)
      .filter(belongs)
      .toSorted()
      .map((name) => {
        const { size, mtimeNs } = statSync(join(folder, name), { bigint: true })
        return `${name}:${size}:${mtimeNs}`
      })
      .join('|')
  } catch (error) {
    throw fileError(error, modelPath, 'read')
  }
}
