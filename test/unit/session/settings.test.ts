import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Settings } from '../../../src/contract/workbench/app.ts'
import { defaultSettings, FileSettingsStore } from '../../../src/main/services/settings/file-settings-store.ts'
import { sessionBench } from './session-bench.ts'

const { scratch } = sessionBench()

describe('the settings', () => {
  test('are those of a new installation at first, and last', () => {
    const folder = join(scratch(), 'new')
    const told: Settings[] = []
    const store = new FileSettingsStore(folder, (settings) => told.push(settings))
    expect([store.current, store.warning]).toEqual([defaultSettings, null])
    expect(store.change({ theme: 'dark', zoomPercent: 120, threads: undefined })).toEqual({
      ...defaultSettings,
      theme: 'dark',
      zoomPercent: 120,
    })
    expect(told).toHaveLength(1)
    expect(new FileSettingsStore(folder).current).toEqual(store.current)
  })

  test('of a damaged file are the defaults with nothing sent, and a warning, until they are changed', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'settings.json'), '{"theme": "dar')
    const store = new FileSettingsStore(folder)
    expect(store.current).toEqual({ ...defaultSettings, offline: true })
    expect(store.warning).toBe('The settings could not be read and were set back to those of a new installation.')
    store.change({ threads: 2 })
    expect(store.warning).toBeNull()
    expect(new FileSettingsStore(folder).current.threads).toBe(2)
  })

  test('keep what can be read of a file with one wrong value, and nothing that is no setting', () => {
    const folder = scratch()
    writeFileSync(join(folder, 'settings.json'), '{"version":1,"theme":"dark","zoomPercent":9000,"apiKey":"sk-123"}')
    const store = new FileSettingsStore(folder)
    expect(store.current).toEqual({ ...defaultSettings, theme: 'dark' })
    expect(store.warning).toBe('The settings zoomPercent could not be read and were set back.')
    store.change({ threads: 1 })
    expect(readFileSync(join(folder, 'settings.json'), 'utf8')).not.toContain('sk-123')
  })

  test('that cannot be written change nothing', () => {
    const file = join(scratch(), 'file')
    writeFileSync(file, '')
    const store = new FileSettingsStore(join(file, 'data'))
    expect(() => store.change({ threads: 3 })).toThrow('below a file, not a folder')
    expect(store.current).toEqual(defaultSettings)
  })
})
