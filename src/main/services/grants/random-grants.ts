import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { Entry, Grant, LookedAt, Purpose } from '../../../contract/workbench/files.ts'
import { fileError } from '../../files/write-aside.ts'
import type { FolderListing, Grants, StartPlace } from './grants.ts'

const mostEntries = 2000
const dataEndings: ReadonlySet<string> = new Set([
  '.txt',
  '.md',
  '.csv',
  '.tsv',
  '.json',
  '.jsonl',
  '.ndjson',
  '.parquet',
  '.gz',
])

/** Far more than a person ever has before them: a folder's listing makes at most 4,000. */
const mostGrants = 100_000

/** Grants of one process. They are good until it ends, or until very many others were used since. */
export class RandomGrants implements Grants {
  readonly #places: (purpose: Purpose) => readonly StartPlace[]
  readonly #most: number
  /** By id; the least recently used first. */
  readonly #paths = new Map<string, string>()
  readonly #ids = new Map<string, string>()

  /** `places` names folders to start browsing from; those that do not exist are left out. */
  constructor(places: (purpose: Purpose) => readonly StartPlace[], most = mostGrants) {
    this.#places = places
    this.#most = most
  }

  grant(path: string): Grant {
    let real: string
    let facts: { isFile(): boolean; isDirectory(): boolean; size: number }
    try {
      real = realpathSync(path)
      facts = statSync(real)
    } catch (error) {
      throw missing(path, error)
    }
    if (!facts.isFile() && !facts.isDirectory()) {
      throw new SnipError('bad-file', `${path} is neither a file nor a folder`, { remedy: 'Choose a file.' })
    }
    return this.#grantOf(real, facts.isFile() ? facts.size : null)
  }

  pathOf(id: string): string {
    const path = this.#paths.get(id)
    if (path === undefined) {
      throw new SnipError('not-found', 'That file was chosen in another session of the program', {
        remedy: 'Choose it again.',
      })
    }
    if (!existsSync(path)) throw missing(path, null)
    this.#use(id, path)
    return path
  }

  look(path: string): LookedAt {
    const grant = this.grant(path)
    return { ...grant, looksLike: grant.kind === 'file' ? fileLooks(grant.path) : folderLooks(grant.path) }
  }

  places(purpose: Purpose): Grant[] {
    const grants = new Map<string, Grant>()
    for (const { path, name } of this.#places(purpose)) {
      try {
        const grant = this.grant(path)
        if (grant.kind === 'folder' && !grants.has(grant.id))
          grants.set(grant.id, { ...grant, name: name ?? grant.name })
      } catch {
        // A place that is gone is no place to start from.
      }
    }
    return [...grants.values()]
  }

  async list(folder: string, purpose: Purpose): Promise<FolderListing> {
    const path = this.pathOf(folder)
    let names: string[]
    try {
      names = (await readdir(path)).filter((name) => !name.startsWith('.'))
    } catch (error) {
      throw fileError(error, path, 'read')
    }
    const shown = names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    const found = await Promise.all(shown.slice(0, mostEntries * 2).map((name) => this.#entry(join(path, name))))
    const fitting = found.filter((entry): entry is Entry => entry !== null && fits(entry, purpose))
    const ordered = [
      ...fitting.filter(({ kind }) => kind === 'folder'),
      ...fitting.filter(({ kind }) => kind === 'file'),
    ]
    const above = dirname(path)
    return {
      folder: this.look(path),
      parent: above === path ? null : this.grant(above),
      entries: ordered.slice(0, mostEntries),
      truncated: ordered.length > mostEntries || shown.length > mostEntries * 2,
    }
  }

  /** What a name in a folder leads to; null for what is gone, cannot be read, or is neither file nor folder. */
  async #entry(path: string): Promise<Entry | null> {
    try {
      const facts = await stat(path)
      if (!facts.isFile() && !facts.isDirectory()) return null
      // The grant is for where a link leads; the list shows the name that lies there.
      const grant = this.#grantOf(realpathSync(path), facts.isFile() ? facts.size : null)
      const looksLike = facts.isFile() ? fileLooks(path) : folderLooks(path)
      return { ...grant, name: basename(path), modifiedAt: facts.mtimeMs, looksLike }
    } catch {
      return null
    }
  }

  /** Moves a grant to the end of those that are forgotten, and forgets the first when there are too many. */
  #use(id: string, path: string): void {
    this.#paths.delete(id)
    this.#paths.set(id, path)
    if (this.#paths.size <= this.#most) return
    const [[oldId, oldPath] = ['', '']] = this.#paths
    this.#paths.delete(oldId)
    this.#ids.delete(oldPath)
  }

  #grantOf(real: string, bytes: number | null): Grant {
    let id = this.#ids.get(real)
    if (id === undefined) {
      id = randomBytes(16).toString('base64url')
      this.#ids.set(real, id)
    }
    this.#use(id, real)
    return { id, kind: bytes === null ? 'folder' : 'file', name: basename(real) || real, path: real, bytes }
  }
}

function fits({ kind, looksLike }: Entry, purpose: Purpose): boolean {
  if (kind === 'folder') return true
  if (purpose === 'model' || purpose === 'language-model') return looksLike === 'model'
  return purpose === 'data'
}

function fileLooks(path: string): Entry['looksLike'] {
  const ending = extname(path).toLowerCase()
  if (ending === '.onnx') return 'model'
  return dataEndings.has(ending) ? 'data' : 'other'
}

function folderLooks(path: string): Entry['looksLike'] {
  const has = (name: string) => existsSync(join(path, name))
  if (has('workspace.json')) return 'workspace'
  if (has('modules.json')) return 'model'
  // The pooling of a sentence model lies in a folder with a config.json of its own.
  const isModule = existsSync(join(dirname(path), 'modules.json')) && !has('tokenizer.json')
  return has('config.json') && !isModule ? 'model' : 'other'
}

function missing(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (error !== null && code !== 'ENOENT') return fileError(error, path, 'read')
  return new SnipError('not-found', `There is nothing at ${path}`, { remedy: 'Check the path, or choose it again.' })
}
