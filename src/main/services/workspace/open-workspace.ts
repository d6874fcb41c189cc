import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Topic } from '../../../contract/workbench/events.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { workspaceFile } from '../recipes/workspace-folder.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { WorkspaceMemo } from '../session/workspace-memo.ts'
import { DuckDbDocumentStore } from './duckdb-document-store.ts'
import { firstDocuments } from './first-documents.ts'
import { mendRecordings } from './mend-recordings.ts'
import { mendReviews } from './mend-reviews.ts'
import { migrations as allMigrations } from './migrations.ts'
import { pathOfPlace, placeOf } from './places.ts'
import { WorkspaceDatabase, type Migration } from './workspace-database.ts'
import { lockWorkspace, type WorkspaceLock } from './workspace-lock.ts'
import { folderGone, readWorkspaceManifest, writeWorkspaceManifest } from './workspace-manifest.ts'

const folders = ['recordings', 'concepts', 'rankings', 'plans', 'jobs', 'exports']

export interface OpenOptions {
  readonly resources: string
  readonly changed: (topics: readonly Topic[]) => void
  readonly migrations?: readonly Migration[]
}

/** A workspace folder with its lock and its database. */
export interface HeldWorkspace extends OpenWorkspace {
  readonly store: DuckDbDocumentStore
  readonly lock: WorkspaceLock
  readonly schemaVersion: number
  /** What a person should know of the opening, in one sentence; null when there is nothing. */
  readonly notice: string | null
  /** Throws `not-found` when the folder is gone. */
  check(): void
  rename(name: string): void
  close(): Promise<void>
}

/**
 * Opens a workspace folder. The database is built from the files on the first opening, and brought up to date when it is
 * older. Throws `busy`, `not-found`, `bad-file` or `disk-full`; then nothing is held.
 */
export async function openWorkspaceFolder(folder: string, options: OpenOptions): Promise<HeldWorkspace> {
  const { resources, changed, migrations = allMigrations } = options
  const schemaVersion = migrations.length + 1
  const manifest = readWorkspaceManifest(folder, schemaVersion)
  const lock = lockWorkspace(folder)
  let database: WorkspaceDatabase | null = null
  try {
    for (const name of folders) makeFolder(join(folder, name))
    const opened = await WorkspaceDatabase.open(folder, migrations)
    database = opened.database
    if (manifest.version !== schemaVersion) {
      manifest.version = schemaVersion
      writeWorkspaceManifest(folder, manifest)
    }
    const check = () => {
      if (!existsSync(join(folder, workspaceFile))) throw folderGone(folder)
    }
    const store = await DuckDbDocumentStore.load({ database, checkFolder: check, changed })
    const bases = { resources, workspace: folder }
    if (opened.empty) {
      await store.put(await firstDocuments(folder, bases))
      await database.markFilled()
    }
    const held = database
    const workspace: HeldWorkspace = {
      folder,
      get name() {
        return manifest.name
      },
      store,
      lock,
      schemaVersion,
      notice:
        opened.migrated === null
          ? null
          : `The workspace was brought up to date; the old one is ${basename(opened.migrated)}.`,
      file: (...parts) => join(folder, ...parts),
      pathOf: (place) => pathOfPlace(place, bases),
      placeOf: (path) => placeOf(path, bases),
      memo: new WorkspaceMemo(),
      check,
      rename(name) {
        check()
        writeWorkspaceManifest(folder, { ...manifest, name })
        manifest.name = name
      },
      async close() {
        await store.settle()
        held.close()
        lock.release()
      },
    }
    mendRecordings(workspace)
    await mendReviews(workspace)
    return workspace
  } catch (error) {
    database?.close()
    lock.release()
    throw error
  }
}
