import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
// @ts-expect-error: a plain script without types of its own
import { findElectron, hasDisplay } from '../../scripts/start-electron.js'
// @ts-expect-error: a plain script without types of its own
import { nodePackages, stageNode } from '../../scripts/stage-node.js'

const scratch = mkdtempSync(join(tmpdir(), 'snip-start-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const day = 24 * 60 * 60 * 1000

describe('finding Electron', () => {
  const root = join(scratch, 'project')
  const electron = join(root, 'node_modules/electron')
  const said: string[] = []
  let installs = 0
  const find = (
    now: number,
    worked: (folder: string) => boolean,
  ): Promise<{ binary: string | null; reason?: string }> =>
    findElectron({
      root,
      now,
      say: (line: string) => said.push(line),
      install: async (folder: string) => {
        installs++
        return worked(folder)
      },
    })
  const install = (folder: string) => {
    mkdirSync(join(folder, 'dist'), { recursive: true })
    writeFileSync(join(folder, 'dist/version'), 'v45.4.1')
    writeFileSync(join(folder, 'dist/electron'), '')
    writeFileSync(join(folder, 'path.txt'), 'electron')
    return true
  }
  beforeEach(() => {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(electron, { recursive: true })
    writeFileSync(join(electron, 'package.json'), '{"version":"45.4.1"}')
    installs = 0
    said.length = 0
  })

  test('a binary that is there is taken at once', async () => {
    install(electron)
    expect(await find(0, () => false)).toEqual({ binary: join(electron, 'dist/electron') })
    expect([installs, said]).toEqual([0, []])
  })

  test('one that is not is fetched once, and what is fetched is taken', async () => {
    expect(await find(0, install)).toEqual({ binary: join(electron, 'dist/electron') })
    expect([installs, said]).toEqual([1, ['Fetching Electron 45.4.1, once, for a minute at most.']])
  })

  test('a fetch that failed is remembered for a day', async () => {
    expect((await find(1000, () => false)).reason).toBe('Electron 45.4.1 could not be fetched')
    expect((await find(1000 + day - 1, install)).reason).toBe('Electron 45.4.1 could not be fetched earlier today')
    expect(installs).toBe(1)
    expect((await find(1000 + day, install)).binary).toBe(join(electron, 'dist/electron'))
    expect(existsSync(join(root, 'node_modules/.cache/snip-electron-missing.json'))).toBe(false)
  })

  test('another version is tried although the last one failed', async () => {
    await find(1000, () => false)
    writeFileSync(join(electron, 'package.json'), '{"version":"45.5.0"}')
    await find(2000, () => false)
    expect(installs).toBe(2)
  })

  test('an installer that claims success and leaves half a binary is not believed', async () => {
    const half = (folder: string) => {
      install(folder)
      rmSync(join(folder, 'dist/electron'))
      return true
    }
    expect((await find(0, half)).binary).toBe(null)
  })

  test('a project without the package says so', async () => {
    rmSync(electron, { recursive: true })
    expect(await find(0, install)).toEqual({ binary: null, reason: 'Electron is not installed' })
  })

  test('only a Linux can lack a display', () => {
    expect(hasDisplay({ platform: 'linux', environment: {} })).toBe(false)
    expect(hasDisplay({ platform: 'linux', environment: { DISPLAY: ':0' } })).toBe(true)
    expect(hasDisplay({ platform: 'linux', environment: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true)
    expect(hasDisplay({ platform: 'darwin', environment: {} })).toBe(true)
  })
})

describe("staging the engine's Node", () => {
  /** An archive as npm packs it, whose "binary" tells a version. */
  function archive(version: string): { file: string; integrity: string } {
    const folder = mkdtempSync(join(scratch, 'archive-'))
    mkdirSync(join(folder, 'package/bin'), { recursive: true })
    writeFileSync(join(folder, 'package/bin/node'), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 })
    const file = join(folder, 'node.tgz')
    execFileSync('tar', ['-czf', file, '-C', folder, 'package'])
    return { file, integrity: `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}` }
  }
  const target = `${process.platform}-${process.arch}`
  const pinned = nodePackages[target]
  const stage = (file: string, integrity: string, out: string): string => {
    const original = pinned.integrity
    pinned.integrity = integrity
    try {
      return stageNode(target, { out, fetchPackage: () => file })
    } finally {
      pinned.integrity = original
    }
  }

  test('every platform has a package of one version with a SHA-512', () => {
    expect(Object.keys(nodePackages)).toEqual(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'])
    for (const { version, integrity } of Object.values<{ version: string; integrity: string }>(nodePackages)) {
      expect(version).toMatch(/^2[24]\.\d+\.\d+$/)
      expect(Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').length).toBe(64)
    }
  })

  test('what was pinned is put in place, executable, and not fetched again', () => {
    const { file, integrity } = archive(pinned.version)
    const out = join(scratch, 'good')
    const binary = stage(file, integrity, out)
    expect(binary).toBe(join(out, target, 'node'))
    expect(statSync(binary).mode & 0o111).toBe(0o111)
    expect(stage('/no/such/archive', integrity, out)).toBe(binary)
  })

  test('another archive is refused and nothing is left in its place', () => {
    const { file } = archive(pinned.version)
    const out = join(scratch, 'bad')
    expect(() => stage(file, pinned.integrity, out)).toThrow('is not what was pinned')
    expect(existsSync(join(out, target))).toBe(false)
  })

  test('a binary of another version is refused, and asked for anew the next time', () => {
    const wrong = archive('1.2.3')
    const out = join(scratch, 'wrong')
    expect(() => stage(wrong.file, wrong.integrity, out)).toThrow('holds Node v1.2.3')
    const right = archive(pinned.version)
    expect(stage(right.file, right.integrity, out)).toBe(join(out, target, 'node'))
  })

  test('an unknown platform is named with those that are known', () => {
    expect(() => stageNode('plan9-x64')).toThrow('There is no Node to stage for plan9-x64: known are linux-x64')
  })
})
