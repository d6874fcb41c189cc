import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Connection } from '../../src/renderer/rpc/connection.ts'
import { failureOf } from '../../src/renderer/rpc/failures.ts'
import type { WorkbenchClient } from '../../src/renderer/rpc/rpc.ts'
import { serve, type Served } from '../support/browser.ts'
import { ask } from '../support/door-request.ts'
import { socketChannelTo } from '../support/door-transports.ts'
// @ts-expect-error: a plain script without types of its own
import { buildIfNeeded } from '../../scripts/build-if-needed.js'

const folder = mkdtempSync(join(tmpdir(), 'snip-serve-'))
const asBuilt = process.env['SNIP_AS_BUILT'] !== undefined
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(async () => {
  if (!asBuilt) await (buildIfNeeded as () => Promise<boolean>)()
})

/** Calls a served workbench as its page does. */
async function clientOf(served: Served): Promise<{ client: WorkbenchClient; stop: () => void }> {
  const connection = new Connection({ upload: null, open: () => socketChannelTo(served) })
  connection.start()
  return { client: createORPCClient(connection), stop: () => connection.stop() }
}

function refused(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/snip.js', 'serve', ...args], {
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder },
    encoding: 'utf8',
    timeout: 30_000,
  })
  return { code: status, out: stdout, err: stderr }
}

describe('snip serve', () => {
  test('answers its page, keeps to its data folder, and ends with code 0 on Ctrl-C', async () => {
    const served = await serve({ asBuilt: true })
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/)
    const { client, stop } = await clientOf(served)
    const info = await client.app.info()
    expect(info).toMatchObject({ door: 'browser', nativeDialogs: false, uploadPath: '/upload', uploadLimit: 2 ** 31 })
    expect(info.dataFolder.startsWith(served.home)).toBe(true)
    expect(await client.workspace.current()).toBeNull()
    const page = await ask(Number(new URL(served.origin).port), '/')
    expect(page.body.toString()).toContain('<title>SNIP Workbench</title>')
    stop()
    expect(await served.stop()).toBe(0)
    expect(served.errors()).toBe('')
  })

  test('keeps an upload and knows it by its grant', async () => {
    const served = await serve({ asBuilt: true })
    try {
      const { client, stop } = await clientOf(served)
      const answer = await ask(Number(new URL(served.origin).port), '/upload?name=notes.txt', {
        method: 'POST',
        headers: { origin: served.origin, authorization: `Bearer ${served.token}` },
        body: 'The sand.\nThe door.\n',
      })
      const grant = JSON.parse(answer.body.toString()) as { id: string; bytes: number; path: string }
      expect([answer.status, grant.bytes]).toEqual([200, 20])
      expect(await client.files.resolve({ path: grant.path, purpose: 'data' })).toMatchObject({ id: grant.id })
      stop()
    } finally {
      await served.stop()
    }
  })

  test('makes what runs an interrupted job when it ends, which the next start can resume', async () => {
    const home = join(folder, 'home')
    const first = await serve({ asBuilt: true, home, args: ['--demo'] })
    const one = await clientOf(first)
    const workspace = (await one.client.workspace.current())!.path
    const [dataset] = (await one.client.datasets.list()).filter(({ kind }) => kind === 'text')
    const started = await one.client.recordings.start({ dataset: dataset!.id, tokens: null, sites: ['mlp'] })
    const job = async (client: WorkbenchClient) => (await client.jobs.list()).find(({ id }) => id === started.job)
    await expect.poll(async () => (await job(one.client))?.state, { timeout: 30_000 }).toBe('running')
    one.stop()
    expect(await first.stop()).toBe(0)

    const second = await serve({ asBuilt: true, home, args: ['--workspace', workspace] })
    const two = await clientOf(second)
    expect(await job(two.client)).toMatchObject({ state: 'interrupted', resumable: true })
    two.stop()
    expect(await second.stop()).toBe(0)
  })

  test('tells a second process where the workspace is open', async () => {
    const home = join(folder, 'home-of-two')
    const first = await serve({ asBuilt: true, home, args: ['--demo'] })
    try {
      const one = await clientOf(first)
      const workspace = (await one.client.workspace.current())!
      one.stop()
      const { code, out, err } = refused('--port', '0', '--workspace', workspace.path)
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(/^snip: Process \d+ has the workspace "[^"]+" open\. Join it there/)
      expect(err).not.toContain(first.token)

      const second = await serve({ asBuilt: true })
      const two = await clientOf(second)
      const grant = await two.client.files.resolve({ path: workspace.path, purpose: 'workspace' })
      const error = await two.client.workspace.open({ folder: grant.id }).catch((thrown: unknown) => thrown)
      expect(failureOf(error)).toMatchObject({ kind: 'busy', detail: first.url })
      two.stop()
      await second.stop()
    } finally {
      await first.stop()
    }
  })

  test('opens no address that other machines reach, unless that is said', () => {
    const { code, out, err } = refused('--host', '0.0.0.0', '--port', '0')
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('0.0.0.0 can be reached from other machines. Add --allow-remote')
  })

  test('warns of an address that other machines reach', async () => {
    const served = await serve({ asBuilt: true, args: ['--host', '0.0.0.0', '--allow-remote'] })
    expect(served.origin).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(await served.stop()).toBe(0)
    expect(served.errors()).toContain('warning: other machines can reach this door')
  })

  test('says which port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, err } = refused('--port', String(port))
    other.close()
    expect(code).toBe(2)
    expect(err).toBe(
      `snip: Port ${port} of 127.0.0.1 is in use by another program. Give another one with --port, or leave --port out to take a free one.\n`,
    )
  })

  test.each([
    [['--port', '70000'], '--port needs a whole number from 0 to 65535'],
    [['--host', '203.0.113.7', '--allow-remote', '--port', '0'], 'This machine has no address 203.0.113.7'],
    [['--workspace', '/nonexistent/here', '--port', '0'], '/nonexistent/here'],
    [['--workspace', '/tmp', '--demo'], '--workspace and --demo exclude each other'],
  ])('refuses %j with a sentence', (args, words) => {
    const { code, out, err } = refused(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(words)
    expect(err.trim().split('\n')).toHaveLength(1)
  })
})
