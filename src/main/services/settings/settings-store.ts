import type { Settings } from '../../../contract/workbench/app.ts'

/** What a person set once for all workspaces, kept in settings.json of the data folder. */
export interface SettingsStore {
  readonly current: Settings
  /** Why the file was not used, in one sentence; null when all was well. */
  readonly warning: string | null
  /** Writes the changed settings and tells the listeners. Throws `disk-full` and the like; then nothing changed. */
  change(changes: SettingsChange): Settings
}

/** Some of the settings; what is undefined stays. */
export type SettingsChange = { readonly [Key in keyof Settings]?: Settings[Key] | undefined }
