import { FileSettingsStore } from './file-settings-store.ts'

/**
 * Whether the offline switch of the settings is on, for a process without a session. Asked anew every time: another process may
 * turn it.
 */
export function isOffline(dataFolder: string): boolean {
  return new FileSettingsStore(dataFolder).current.offline
}
