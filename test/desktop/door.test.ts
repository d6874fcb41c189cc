import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { MessagePort } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { afterEach, describe, expect, test } from 'vitest'
import type { WorkbenchContract } from '../../src/contract/workbench/index.ts'
import { runDesktop } from '../../src/main/desktop/desktop-app.ts'
import type { menuTemplate } from '../../src/main/desktop/menu.ts'
import { createWorkbenchRouter } from '../../src/main/services/router/index.ts'
import { createWorkbenchSession } from '../../src/main/services/session/create-session.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { FakeElectron, type FakeWindow } from './fake-electron.ts'

type MenuItem = ReturnType<typeof menuTemplate>[number]

const repository = resolve(import.meta.dirname, '../..')

interface Started {
  readonly electron: FakeElectron
  readonly session: WorkbenchSession
  readonly window: FakeWindow
  readonly folder: string
  readonly log: string[]
}

const open: Started[] = []
const ports: MessagePort[] = []
afterEach(async () => {
  for (const port of ports.splice(0)) port.close()
  for (const { session, folder } of open.splice(0)) {
    await session.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
})

/** The whole desktop door on a session of its own, with a stand-in for Electron. */
async function start(words: string[] = [], prepare: (folder: string) => void = () => undefined): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'snip-desktop-'))
  prepare(folder)
  const electron = new FakeElectron(repository, join(folder, 'user'))
  const log: string[] = []
  let session: WorkbenchSession | null = null
  await runDesktop({
    electron: electron.parts(),
    resourcesPath: folder,
    words: ['electron', repository, ...words.map((word) => join(folder, word))],
    environment: { npm_node_execpath: process.execPath },
    log: (line) => log.push(line),
    openSession: (options) => {
      session = createWorkbenchSession({ ...options, environment: {}, dataFolder: join(folder, 'data') })
      return { session, router: createWorkbenchRouter(session) }
    },
  })
  const started = { electron, session: session!, window: electron.windows[0]!, folder, log }
  open.push(started)
  return started
}

/** A client that speaks as the page does, over the port that it posted. */
function page({ electron, window }: Started): ContractRouterClient<WorkbenchContract> {
  const { page: port } = electron.postPort(window)
  ports.push(port)
  port.start()
  return createORPCClient(new RPCLink({ port }))
}

function menuItem(electron: FakeElectron, id: string): MenuItem {
  const template = electron.calls.findLast(({ name }) => name === 'menu')!.args[0] as MenuItem[]
  const items = template.flatMap(({ submenu }) => (submenu ?? []) as MenuItem[])
  return items.find((item) => item.id === id)!
}

describe('the desktop door', () => {
  test('opens one window on our page, and answers the page over its port', async () => {
    const started = await start()
    const { electron, window, log } = started
    expect(electron.names.slice(0, 3)).toEqual(['enableSandbox', 'schemes', 'whenReady'])
    expect(window.loaded).toBe('app://workbench/index.html')
    expect([...electron.session.defaultSession.handled.keys()]).toEqual(['app'])
    const client = page(started)
    expect(await client.app.info()).toMatchObject({
      door: 'desktop',
      nativeDialogs: true,
      showsFolders: true,
      uploadPath: null,
    })
    expect(log).toEqual([])
  })

  test('runs the engine in the plain Node that was chosen', async () => {
    const started = await start()
    const found = await page(started).app.engine()
    expect(found.node).toBe(process.version)
    expect(found.providers.find(({ provider }) => provider === 'cpu')).toMatchObject({ works: true })
    expect(started.electron.names).not.toContain('utilityFork')
  })

  test('a reload ends what the old page had under way and serves the new one', async () => {
    const started = await start()
    const first = page(started)
    expect((await first.app.info()).door).toBe('desktop')
    const watching = (await first.events.watch())[Symbol.asyncIterator]()
    await watching.next()
    const pending = watching.next().then(
      ({ done }) => (done ? 'ended' : 'went on'),
      () => 'ended',
    )
    started.window.webContents.emit('did-navigate', {})
    expect(await pending).toBe('ended')
    expect((await page(started).app.info()).door).toBe('desktop')
  })

  test('a file named at the start waits for the page and comes to it as a drop', async () => {
    const started = await start(['probe.txt', '--flag', 'missing.txt'], (folder) =>
      writeFileSync(join(folder, 'probe.txt'), 'text'),
    )
    expect(started.window.webContents.sent).toEqual([])
    const client = page(started)
    const [[channel, message]] = started.window.webContents.sent as [[string, { snip: string; id: string }]]
    expect([channel, message.snip]).toEqual(['snip:tell', 'drop'])
    const grants = await client.files.dropped({ drop: message.id })
    expect(grants.map(({ kind, name, bytes }) => [kind, name, bytes])).toEqual([['file', 'probe.txt', 4]])
    await expect(client.files.dropped({ drop: 'made-up' })).rejects.toMatchObject({
      data: { kind: 'not-found', remedy: 'Drop them again.' },
    })
  })

  test('paths that the preload names become an id; those of another sender, or that do not exist, do not', async () => {
    const started = await start([], (folder) => writeFileSync(join(folder, 'a.csv'), 'x'))
    const { electron, window, folder, log } = started
    const client = page(started)
    const handler = electron.ipcMain.handlers.get('snip:drop')!
    const event = { sender: window.webContents, senderFrame: window.webContents.mainFrame }
    const id = handler(event, [join(folder, 'a.csv')]) as string
    expect((await client.files.dropped({ drop: id })).map(({ name }) => name)).toEqual(['a.csv'])
    expect(handler(event, [join(folder, 'none.csv')])).toBe(null)
    expect(handler(event, ['a.csv'])).toBe(null)
    expect(handler(event, 'a.csv')).toBe(null)
    expect(handler({ ...event, senderFrame: null }, [join(folder, 'a.csv')])).toBe(null)
    expect(log).toEqual(['Refused a drop of another frame'])
  })

  test('a second start brings the window to the front and opens its files there', async () => {
    const started = await start([], (folder) => writeFileSync(join(folder, 'b.txt'), 'x'))
    page(started)
    started.electron.app.emit('second-instance', {}, ['electron', repository, 'b.txt'], started.folder)
    expect([started.window.focused, started.electron.windows.length]).toEqual([1, 1])
    expect(started.window.webContents.sent.length).toBe(1)
  })

  test('a start beside a running instance ends without touching anything', async () => {
    const electron = new FakeElectron(repository, '/nowhere')
    electron.first = false
    await runDesktop({ electron: electron.parts(), words: [], environment: {} } as never)
    expect(electron.names.at(-1)).toBe('quit')
    expect(electron.windows).toEqual([])
  })

  test('a workspace folder is opened; one that cannot be is told in a box with what to do', async () => {
    const started = await start()
    const { electron, session, folder } = started
    const place = join(folder, 'places')
    mkdirSync(place)
    await session.workspaces.create(place, 'mine')
    await session.workspaces.close()
    const preventDefault = () => undefined
    electron.app.emit('open-file', { preventDefault }, join(place, 'mine', 'workspace.json'))
    await expect.poll(() => session.workspaceOrNull()?.name).toBe('mine')
    await session.workspaces.close()
    mkdirSync(join(folder, 'broken'))
    writeFileSync(join(folder, 'broken/workspace.json'), '{')
    electron.app.emit('open-file', { preventDefault }, join(folder, 'broken'))
    await expect.poll(() => electron.names.filter((name) => name === 'showErrorBox').length).toBe(1)
    const [message, remedy] = electron.calls.at(-1)!.args as [string, string]
    expect(message).toContain('workspace.json')
    expect(remedy).not.toBe('')
  })

  test('a native dialog hands the page a grant, and null when it was cancelled', async () => {
    const started = await start([], (folder) => {
      mkdirSync(join(folder, 'model'))
      writeFileSync(join(folder, 'model/config.json'), '{}')
    })
    const client = page(started)
    started.electron.dialog.answer = { canceled: false, filePaths: [join(started.folder, 'model/config.json')] }
    expect(await client.files.dialog({ purpose: 'model' })).toMatchObject({ kind: 'folder', name: 'model' })
    started.electron.dialog.answer = { canceled: true, filePaths: [] }
    expect(await client.files.dialog({ purpose: 'data' })).toBe(null)
  })

  test('a menu command reaches the page; theme and menu follow the settings', async () => {
    const started = await start()
    const { electron, window, session } = started
    const client = page(started)
    menuItem(electron, 'view.prune').click!({} as never, undefined, {})
    expect(window.webContents.sent.at(-1)).toEqual(['snip:tell', { snip: 'command', id: 'view.prune' }])
    await client.app.changeSettings({ theme: 'dark' })
    await expect.poll(() => electron.nativeTheme.themeSource).toBe('dark')
    expect(menuItem(electron, 'theme.dark').checked).toBe(true)
    menuItem(electron, 'show-data-folder').click!({} as never, undefined, {})
    expect(electron.calls.at(-1)).toEqual({ name: 'openPath', args: [session.dataFolder] })
  })

  test('the window comes back where it was', async () => {
    const { window, folder } = await start()
    expect(window.options).toMatchObject({ x: 240, y: 70, width: 1440, height: 900 })
    window.maximized = true
    window.emit('close')
    const kept = JSON.parse(readFileSync(join(folder, 'user/window.json'), 'utf8'))
    expect(kept).toEqual({ bounds: { x: 10, y: 20, width: 1300, height: 800 }, maximized: true })
  })

  test('the loss of the page is told once and a reload offered; jobs are not touched', async () => {
    const { electron, window, log } = await start()
    window.webContents.emit('render-process-gone', {}, { reason: 'clean-exit', exitCode: 0 })
    expect(electron.names).not.toContain('showMessageBox')
    window.webContents.emit('render-process-gone', {}, { reason: 'oom', exitCode: 133 })
    await expect.poll(() => window.webContents.reloads).toBe(1)
    expect(electron.calls.at(-1)!.args[0]).toMatchObject({
      message: 'The window stopped working',
      detail: 'It ran out of memory (exit code 133). Jobs go on, and what was saved is safe.',
      buttons: ['Reload', 'Quit'],
    })
    expect(log).toEqual(["The window's process was lost: oom, exit code 133"])
  })

  test('a quit asks nothing: it lets go of the workspace first, then quits for good', async () => {
    const { electron, session, folder } = await start()
    mkdirSync(join(folder, 'w'))
    await session.workspaces.create(join(folder, 'w'), 'mine')
    let prevented = 0
    const quit = { preventDefault: () => void prevented++ }
    electron.app.emit('will-quit', quit)
    await expect.poll(() => electron.names.at(-1)).toBe('quit')
    expect(session.workspaceOrNull()).toBe(null)
    electron.app.emit('will-quit', quit)
    expect(prevented).toBe(1)
    expect(electron.names).not.toContain('showMessageBox')
  })
})
