import { execFile } from 'node:child_process'
import { accessSync, chmodSync, constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildHost } from '../../engine/build-host.ts'
import { KeychainSecrets } from '../../../src/main/services/language-models/secrets/keychain-secrets.ts'
import { canary, folderOf } from './support.ts'

const run = promisify(execFile)
const needed = { 'dbus-run-session': 'dbus', 'gnome-keyring-daemon': 'gnome-keyring' } as const
const child = await buildHost('../support/keychain/keychain-child.entry.ts')

/** A session bus on which nothing offers to keep secrets. */
const emptyBus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

const unlocked = 'printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null'
const locked = 'gnome-keyring-daemon --start --components=secrets >/dev/null'

function isThere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

interface Machine {
  readonly home: string
  /** Runs steps in a process of its own: on a session bus after `prepare`, or on none. */
  on(prepare: string | null, steps: readonly string[], bus?: string): Promise<unknown[]>
}

function machine(): Machine {
  const home = folderOf('keychain')
  const runtime = join(home, 'run')
  mkdirSync(runtime)
  chmodSync(runtime, 0o700)
  const { DBUS_SESSION_BUS_ADDRESS: _bus, DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env
  const env = { ...rest, HOME: home, XDG_RUNTIME_DIR: runtime, XDG_DATA_HOME: join(home, 'share'), TEST_KEY: canary }
  return {
    home,
    on: async (prepare, steps, bus) => {
      const command = [process.execPath, child, join(home, 'data'), ...steps]
      const session = ['dbus-run-session', ...(bus === undefined ? [] : ['--config-file', bus]), '--']
      const line = prepare === null ? command : [...session, 'sh', '-c', `${prepare}; exec "$@"`, 'sh', ...command]
      const { stdout } = await run(line[0]!, line.slice(1), { env, timeout: 120_000 })
      return stdout
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => JSON.parse(text) as unknown)
    },
  }
}

beforeAll(() => {
  const missing = Object.entries(needed).filter(([program]) => !isThere(program))
  if (missing.length === 0) return
  const names = missing.map(([program, name]) => `${program} (package ${name})`).join(' and ')
  throw new Error(`${names} is missing: apt-get install -y gnome-keyring dbus dbus-x11 libsecret-1-0`)
})

describe('keys in a real keychain', () => {
  test('outlast the program, belong to one address, and can be removed', async () => {
    const here = machine()
    const set = { state: 'set', lastFour: 'XYZW', where: 'keychain', note: null }
    const absent = { state: 'absent', lastFour: null, where: null, note: null }
    expect(await here.on(unlocked, ['state', 'secret', 'set', 'keychain'])).toEqual([
      absent,
      null,
      set,
      { available: true, note: null },
    ])
    expect(await here.on(unlocked, ['state', 'secret', 'elsewhere', 'remove', 'state'])).toEqual([
      set,
      canary,
      absent,
      absent,
      absent,
    ])
  })

  test('are not sent, but asked for, when the keychain is locked', async () => {
    const here = machine()
    await here.on(unlocked, ['set'])
    const [state, secret, set] = await here.on(locked, ['state', 'secret', 'set'])
    expect(state).toMatchObject({ state: 'locked', lastFour: null, where: 'keychain' })
    expect(secret).toMatchObject({ kind: 'llm-key', threw: expect.stringContaining('it is locked') })
    expect(set).toMatchObject({ kind: 'llm-key', threw: expect.stringContaining('could not be kept') })
    expect(await here.on(unlocked, ['secret'])).toEqual([canary])
  })

  test('that are garbage are named and not sent, and can be set again', async () => {
    const [, state, secret, , again] = await machine().on(unlocked, ['garbage', 'state', 'secret', 'set', 'secret'])
    expect(state).toMatchObject({ state: 'garbage', lastFour: null })
    expect(secret).toMatchObject({ kind: 'llm-key', threw: expect.stringContaining('cannot be a key') })
    expect(again).toBe(canary)
  })

  test.each([
    ['there is no session bus', null],
    ['nothing on the bus keeps secrets', 'empty.conf'],
  ])('last as long as the program where %s', async (_name, config) => {
    const here = machine()
    const bus = config === null ? undefined : join(here.home, config)
    if (bus !== undefined) writeFileSync(bus, emptyBus)
    const [keychain, set, secret] = await here.on(bus === undefined ? null : 'true', ['keychain', 'set', 'secret'], bus)
    expect(keychain).toMatchObject({ available: false, note: expect.stringContaining('no keychain') })
    expect(set).toMatchObject({ state: 'set', lastFour: 'XYZW', where: 'session' })
    expect(secret).toBe(canary)
    expect(await here.on(bus === undefined ? null : 'true', ['secret'], bus)).toEqual([null])
  })

  test('are in no file of ours', async () => {
    const here = machine()
    await here.on(unlocked, ['set', 'state', 'secret'])
    const files = readdirSync(join(here.home, 'data'))
    expect(files).toEqual(['keys.json'])
    expect(readFileSync(join(here.home, 'data', 'keys.json'), 'latin1')).not.toContain('canary')
    const stored = readdirSync(here.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const entry of stored) {
      expect(readFileSync(join(entry.parentPath, entry.name), 'latin1'), entry.name).not.toContain('canary')
    }
  })
})

test('a keychain that never answers counts as locked', async () => {
  const stuck = new KeychainSecrets(
    async () => ({
      getPassword: () => new Promise(() => {}),
      setPassword: () => new Promise(() => {}),
      deletePassword: () => new Promise(() => {}),
    }),
    20,
  )
  expect(await stuck.read('a')).toMatchObject({ state: 'locked' })
  expect(await stuck.write('a', 'b')).toMatchObject({ state: 'locked' })
})
