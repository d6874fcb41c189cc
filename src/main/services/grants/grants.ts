import type { Entry, Grant, LookedAt, Purpose } from '../../../contract/workbench/files.ts'

/** Files and folders that callers may name by an id. Ids are random, and only this side makes them. */
export interface Grants {
  /** A grant for a path that exists; the same place has one grant. Throws `not-found`. */
  grant(path: string): Grant
  /** The real path behind an id. Throws `not-found` when the id is unknown or nothing is there any more. */
  pathOf(id: string): string
  /** A grant, with what seems to lie there. Throws `not-found`. */
  look(path: string): LookedAt
  /** Places to start browsing from, by the names that people know them by. */
  places(purpose: Purpose): Grant[]
  /** What lies in a granted folder, folders first; at most 2,000 entries, hidden ones left out. */
  list(folder: string, purpose: Purpose): Promise<FolderListing>
}

/** A folder to start browsing from. */
export interface StartPlace {
  readonly path: string
  /** Left out: the folder's own name. */
  readonly name?: string
}

export interface FolderListing {
  readonly folder: LookedAt
  readonly parent: Grant | null
  readonly entries: Entry[]
  readonly truncated: boolean
}
