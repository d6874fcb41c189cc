import type { Entry, Grant, Purpose } from '../../../contract/workbench/files.ts'

/** Files and folders that callers may name by an id. Ids are random, and only this side makes them. */
export interface Grants {
  /** A grant for a path that exists; the same place has one grant. Throws `not-found`. */
  grant(path: string): Grant
  /** The real path behind an id. Throws `not-found` when the id is unknown or nothing is there any more. */
  pathOf(id: string): string
  /** Places to start browsing from. */
  places(): Grant[]
  /** What lies in a granted folder, folders first; at most 2,000 entries, hidden ones left out. */
  list(folder: string, purpose: Purpose): Promise<FolderListing>
}

export interface FolderListing {
  readonly folder: Grant
  readonly parent: Grant | null
  readonly entries: Entry[]
  readonly truncated: boolean
}
