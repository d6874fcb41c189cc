import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeFolder } from '../../../src/main/files/make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-make-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('creates a folder with all that is missing above it, and twice is once', () => {
  makeFolder(join(folder, 'a', 'b', 'c'))
  makeFolder(join(folder, 'a', 'b', 'c'))
  expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true)
})

it('fails where the system makes no folders, instead of trying for ever', () => {
  expect(() => makeFolder('/proc/snip/cache')).toThrow('ENOENT')
})

it('fails below a file', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file', 'a'))).toThrow('ENOTDIR')
})
