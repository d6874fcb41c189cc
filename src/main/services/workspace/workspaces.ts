import type { z } from 'zod'
import type { recentSchema, WorkspaceState } from '../../../contract/workbench/workspace.ts'

/** The workspaces of this process: at most one is open. */
export interface Workspaces {
  /** The open workspace as views show it, or null. Throws `not-found` when its folder is gone. */
  state(): WorkspaceState | null
  recent(): z.infer<typeof recentSchema>[]
  /** Takes an entry of that list off it. Throws `not-found`. */
  forgetRecent(id: string): void
  /** Makes and opens the folder `name` inside `parent` (a path). Throws `exists` or `bad-argument`. */
  create(parent: string, name: string): Promise<WorkspaceState>
  /** Opens a folder. Throws `busy` naming the process that has it; `detail` is then where to join it, if anywhere. */
  open(folder: string): Promise<WorkspaceState>
  /** Opens the copy of the demo made before, or makes one; `fresh` makes another beside it. */
  openDemo(fresh: boolean): Promise<WorkspaceState>
  close(): Promise<void>
  rename(name: string): Promise<WorkspaceState>
  /** Tells who finds a workspace taken where this process can be joined; null takes it back. Holds a secret. */
  announce(address: string | null): void
}
