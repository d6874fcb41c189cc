import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const file = resolve(import.meta.dirname, '../../out/preload/index.cjs')
const code = readFileSync(file, 'utf8')

type Listener = (event: Record<string, unknown>) => unknown

/** Runs the built preload as Electron would: in a world that has the page's document and a `require` for electron alone. */
function load(activeElement: { matches: () => boolean } | null = null) {
  const heard = new Map<string, Listener>()
  const posted: unknown[] = []
  const required: string[] = []
  const toMain: unknown[] = []
  const executed: string[] = []
  let tell: (event: unknown, message: unknown) => void = () => undefined
  const world: Record<string, unknown> = {
    exports: {},
    location: { origin: 'app://workbench' },
    document: { activeElement, execCommand: (name: string) => executed.push(name) },
    addEventListener: (name: string, listener: Listener) => heard.set(name, listener),
    postMessage: (message: unknown, origin: string) => posted.push([message, origin]),
    require: (name: string) => {
      required.push(name)
      return {
        webUtils: { getPathForFile: (one: { path: string }) => one.path },
        ipcRenderer: {
          postMessage: (...args: unknown[]) => toMain.push(args),
          invoke: async (...args: unknown[]) => {
            toMain.push(args)
            return 'drop-1'
          },
          on: (channel: string, listener: typeof tell) => {
            if (channel === 'snip:tell') tell = listener
          },
        },
      }
    },
  }
  world['window'] = world
  const before = Object.keys(world).concat(Object.keys(globalThis))
  // Electron wraps a sandboxed preload in a function, too.
  const names = Object.keys(world)
  // oxlint-disable-next-line typescript/no-implied-eval -- the file under test
  new Function(...names, `'use strict'; ${code}`)(...names.map((name) => world[name]))
  const added = Object.keys(world)
    .concat(Object.keys(globalThis))
    .filter((name) => !before.includes(name))
  return { heard, posted, required, toMain, executed, added, world, tell: (message: unknown) => tell({}, message) }
}

describe('20: the built preload', () => {
  test('is one file of less than 1,000 bytes that requires nothing but electron', () => {
    expect(code.length).toBeLessThan(1000)
    expect([...code.matchAll(/require\(["'`]([^"'`]+)/g)].map(([, name]) => name)).toEqual(['electron'])
    expect(load().required).toEqual(['electron'])
  })

  test('exposes nothing to the page', () => {
    expect(code).not.toMatch(/contextBridge|exposeInMainWorld|executeJavaScript|eval\(/)
    expect(load().added).toEqual([])
  })

  test('hands on the port that the page itself posts, and nothing of another window', () => {
    const { heard, toMain, world } = load()
    heard.get('message')!({ source: {}, data: { snip: 'port' }, ports: ['foreign'] })
    heard.get('message')!({ source: world, data: { snip: 'drop' }, ports: [] })
    heard.get('message')!({ source: world, data: null, ports: [] })
    expect(toMain).toEqual([])
    heard.get('message')!({ source: world, data: { snip: 'port' }, ports: ['port'] })
    expect(JSON.stringify(toMain)).toBe('[["snip:port",null,["port"]]]')
  })

  test('names the paths of dropped files to the main side and only their id to the page', async () => {
    const { heard, toMain, posted } = load()
    const drop = (files: { path: string }[], isTrusted: boolean) =>
      heard.get('drop')!({ isTrusted, dataTransfer: { files }, preventDefault: () => undefined })
    drop([{ path: '/home/me/a.csv' }], false)
    drop([{ path: '' }], true)
    expect(toMain).toEqual([])
    drop([{ path: '/home/me/a.csv' }, { path: '' }], true)
    await Promise.resolve()
    await Promise.resolve()
    expect(JSON.stringify(toMain)).toBe('[["snip:drop",["/home/me/a.csv"]]]')
    expect(JSON.stringify(posted)).toBe('[[{"snip":"drop","id":"drop-1"},"app://workbench"]]')
  })

  test('passes commands on; undo and redo go to the field that has the focus', () => {
    const page = load()
    page.tell({ snip: 'command', id: 'edit.undo' })
    page.tell({ snip: 'command', id: 'view.prune' })
    expect(page.posted.map((one) => (one as [{ id: string }])[0].id)).toEqual(['edit.undo', 'view.prune'])
    const field = load({ matches: () => true })
    field.tell({ snip: 'command', id: 'edit.undo' })
    field.tell({ snip: 'command', id: 'edit.redo' })
    field.tell({ snip: 'command', id: 'palette' })
    expect([field.executed, field.posted.length]).toEqual([['undo', 'redo'], 1])
  })

  test('speaks of the channels that the main side listens to', async () => {
    const { portChannel } = await import('../../src/main/desktop/port-handshake.ts')
    const { dropChannel } = await import('../../src/main/desktop/drops.ts')
    expect([portChannel, dropChannel].filter((name) => !code.includes(`\`${name}\``))).toEqual([])
    expect(readFileSync(join(resolve(file, '../../main'), 'desktop.js'), 'utf8')).toContain('"snip:tell"')
  })
})
