import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingsSchema, type Settings } from '../../../contract/workbench/app.ts'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError, writeJsonAside } from '../../files/write-aside.ts'
import type { SettingsChange, SettingsStore } from './settings-store.ts'

export const defaultSettings: Settings = {
  threads: 0,
  provider: null,
  theme: 'system',
  zoomPercent: 100,
  shortcuts: true,
  coachDismissed: false,
  offline: false,
}

/** Settings in settings.json of a folder. A damaged file counts as none, but for the offline switch, which is on then, with a warning; it is
 * replaced at the next change. */
export class FileSettingsStore implements SettingsStore {
  readonly #folder: string
  readonly #changed: (settings: Settings, before: Settings) => void
  #current: Settings
  #warning: string | null = null

  constructor(folder: string, changed: (settings: Settings, before: Settings) => void = () => {}) {
    this.#folder = folder
    this.#changed = changed
    this.#current = this.#read()
  }

  get current(): Settings {
    return this.#current
  }

  get warning(): string | null {
    return this.#warning
  }

  change(changes: SettingsChange): Settings {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
    const before = this.#current
    const settings = settingsSchema.parse({ ...before, ...given })
    try {
      makeFolder(this.#folder)
    } catch (error) {
      throw fileError(error, this.#folder, 'write')
    }
    writeJsonAside(join(this.#folder, 'settings.json'), { version: 1, ...settings })
    this.#current = settings
    this.#warning = null
    this.#changed(settings, before)
    return settings
  }

  #read(): Settings {
    const file = join(this.#folder, 'settings.json')
    if (!existsSync(file)) return defaultSettings
    try {
      // Settings of a newer or older program count one by one.
      const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
      if (typeof json !== 'object' || json === null) throw new TypeError('no object')
      const kept: Record<string, unknown> = { ...defaultSettings }
      const wrong: string[] = []
      for (const [name, schema] of Object.entries(settingsSchema.shape)) {
        if (!Object.hasOwn(json, name)) continue
        const parsed = schema.safeParse((json as Record<string, unknown>)[name])
        if (parsed.success) kept[name] = parsed.data
        else wrong.push(name)
        // A switch that cannot be read may have been on.
        if (!parsed.success && name === 'offline') kept[name] = true
      }
      if (wrong.length > 0) this.#warning = `The settings ${wrong.join(', ')} could not be read and were set back.`
      return settingsSchema.parse(kept)
    } catch {
      this.#warning = 'The settings could not be read and were set back to those of a new installation.'
      // Somebody may have turned it on: nothing is sent until a person says so.
      return { ...defaultSettings, offline: true }
    }
  }
}
