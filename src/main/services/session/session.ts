import type { AppInfo } from '../../../contract/workbench/app.ts'
import type { Purpose } from '../../../contract/workbench/files.ts'
import type { EventHub } from '../events/event-hub.ts'
import type { Grants } from '../grants/grants.ts'
import type { JobRunner } from '../jobs/job-runner.ts'
import type { LanguageModels } from '../language-models/index.ts'
import type { SettingsStore } from '../settings/settings-store.ts'
import type { Workbench } from '../workbench.ts'
import type { MemoryWatch } from '../memory/memory-watch.ts'
import type { RecentModels } from '../recent/recent-models.ts'
import type { DocumentStore } from '../workspace/document-store.ts'
import type { Place } from '../workspace/places.ts'
import type { Workspaces } from '../workspace/workspaces.ts'
import type { WorkspaceMemo } from './workspace-memo.ts'

/** What a door can do that others cannot. */
export interface DoorTraits {
  readonly door: AppInfo['door']
  readonly nativeDialogs: boolean
  readonly showsFolders: boolean
  readonly uploadPath: string | null
  /** Bytes. */
  readonly uploadLimit: number | null
  /** The system's dialog; null when the person cancelled. */
  readonly dialog?: (purpose: Purpose) => Promise<string | null>
  /** Shows a folder in the system's file manager. */
  readonly showFolder?: (path: string) => Promise<void>
  /** Paths of the files that were dropped on the window under this id. Throws `not-found`. */
  readonly dropped?: (drop: string) => readonly string[]
}

/** The open workspace. */
export interface OpenWorkspace {
  readonly folder: string
  readonly name: string
  readonly store: DocumentStore
  /** The path of something in the folder. */
  file(...parts: string[]): string
  /** The absolute path of a place, and the other way round. */
  pathOf(place: Place): string
  placeOf(path: string): Place
  /** Goes with the workspace; absent where one is only looked at for a moment. */
  readonly memo?: WorkspaceMemo
}

/** All that one process of the workbench holds; every router file gets it. `dispose` it at the end. */
export interface WorkbenchSession {
  readonly workbench: Workbench
  readonly door: DoorTraits
  /** The program's folder `resources`. */
  readonly resources: string
  /** Where settings, the list of recent workspaces and the copies of the demo lie. */
  readonly dataFolder: string
  readonly events: EventHub
  readonly grants: Grants
  readonly settings: SettingsStore
  readonly jobs: JobRunner
  readonly workspaces: Workspaces
  readonly recentModels: RecentModels
  readonly memory: MemoryWatch
  /** Language models of servers: nothing else of the program sends anything out. */
  readonly languageModels: LanguageModels
  /** Throws `not-found` when none is open or its folder is gone. */
  workspace(): OpenWorkspace
  workspaceOrNull(): OpenWorkspace | null
  /** The last lines that the engine and the jobs logged, oldest first. */
  logLines(): readonly string[]
  /** Keeps a line for the diagnostics. */
  log(line: string): void
  dispose(): Promise<void>
}
