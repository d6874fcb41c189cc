import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import { fileError } from '../../files/write-aside.ts'
import type { OpenWorkspace } from '../session/session.ts'
import type { DocumentStore } from '../workspace/document-store.ts'
import { DuckDbDocumentStore } from '../workspace/duckdb-document-store.ts'
import { firstDocuments } from '../workspace/first-documents.ts'
import { MemoryDocumentStore } from '../workspace/memory-document-store.ts'
import { migrations } from '../workspace/migrations.ts'
import { pathOfPlace, placeOf } from '../workspace/places.ts'
import { databaseFile, WorkspaceDatabase } from '../workspace/workspace-database.ts'
import { readWorkspaceManifest } from '../workspace/workspace-manifest.ts'

/**
 * A workspace folder for reading only: nothing in it is written or locked, and another process may have it open. A folder
 * without a database (as `snip run` writes it) is read from its files. Throws `not-found`, `bad-file` or `busy`.
 */
export async function readWorkspace(given: string, resources: string): Promise<OpenWorkspace> {
  let folder: string
  try {
    folder = realpathSync(given)
  } catch (error) {
    throw fileError(error, given, 'read')
  }
  const manifest = readWorkspaceManifest(folder, migrations.length + 1)
  const bases = { resources, workspace: folder }
  const store = (await readDatabase(folder)) ?? new MemoryDocumentStore(await firstDocuments(folder, bases))
  return {
    folder,
    name: manifest.name,
    store,
    file: (...parts) => join(folder, ...parts),
    pathOf: (place) => pathOfPlace(place, bases),
    placeOf: (path) => placeOf(path, bases),
  }
}

/** The documents in workspace.duckdb; null when there is none, or when nobody has filled it yet. */
async function readDatabase(folder: string): Promise<DocumentStore | null> {
  if (!existsSync(join(folder, databaseFile))) return null
  const aside = mkdtempSync(join(tmpdir(), 'snip-report-'))
  try {
    copyDatabase(folder, aside)
    const { database, empty } = await WorkspaceDatabase.open(aside, migrations)
    try {
      if (empty) return null
      const loaded = await DuckDbDocumentStore.load({ database, checkFolder: () => {}, changed: () => {} })
      await loaded.settle()
      return loaded
    } finally {
      database.close()
    }
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

const attempts = 5

/**
 * A database that is open elsewhere refuses a second reader, but a copy of it and its log does not. Copied again while its
 * owner is just writing it.
 */
function copyDatabase(folder: string, aside: string): void {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = stampOf(folder)
    try {
      for (const name of [databaseFile, `${databaseFile}.wal`]) {
        rmSync(join(aside, name), { force: true })
        if (existsSync(join(folder, name))) copyFileSync(join(folder, name), join(aside, name))
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw fileError(error, join(folder, databaseFile), 'read')
    }
    if (stampOf(folder) === before) return
  }
  throw new SnipError('busy', `${databaseFile} is being written by the process that has the workspace open`, {
    remedy: 'Wait until its work is done, or close the workspace there, and try again.',
  })
}

function stampOf(folder: string): string {
  return [databaseFile, `${databaseFile}.wal`]
    .map((name) => {
      const stats = statSync(join(folder, name), { throwIfNoEntry: false })
      return stats === undefined ? 'none' : `${stats.size}:${stats.mtimeMs}`
    })
    .join(' ')
}
