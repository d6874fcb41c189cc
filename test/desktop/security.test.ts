import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { workbenchContract } from '../../src/contract/workbench/index.ts'
import { isOpenableOutside, isOwnAddress } from '../../src/main/desktop/addresses.ts'
import { ruleContents } from '../../src/main/desktop/contents-rules.ts'
import { createPageHandler, pageSchemes } from '../../src/main/desktop/page-protocol.ts'
import { PortGate } from '../../src/main/desktop/port-handshake.ts'
import { isAllowedRequest, ruleSession } from '../../src/main/desktop/session-rules.ts'
import { windowOptions } from '../../src/main/desktop/window-options.ts'
import { FakeContents, FakeElectron, FakePermissions, FakeWindow } from './fake-electron.ts'

const repository = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'snip-desktop-security-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const options = windowOptions({ preload: '/app/preload.cjs', bounds: {}, dark: false, icon: null })
const web = options.webPreferences!

/** Addresses that are none of ours, many of which begin or look like one that is. */
const foreign = [
  'app://workbench.evil.org/index.html',
  'app://workbench:80/index.html',
  'app://evil/index.html',
  'app://user@workbench/index.html',
  'app:workbench/index.html',
  'app-evil://workbench/index.html',
  'https://workbench/',
  'http://127.0.0.1:4767/',
  'file:///etc/passwd',
  'data:text/html,x',
  'about:blank',
  'javascript:alert(1)',
  'blob:app://workbench/1',
  '',
]

describe('1 and 18: only our own packaged content, under a scheme of our own', () => {
  const root = join(scratch, 'app', 'renderer')
  const page = createPageHandler(root)
  const get = (address: string) => page(new Request(address))
  beforeEach(() => {
    rmSync(join(scratch, 'app'), { recursive: true, force: true })
    mkdirSync(join(root, 'assets'), { recursive: true })
    mkdirSync(`${root}-evil`)
    writeFileSync(join(root, 'index.html'), '<meta name="csp-nonce" content="" />')
    writeFileSync(join(root, 'assets/main.js'), 'export {}')
    writeFileSync(join(scratch, 'app', 'secret.js'), 'secret')
    writeFileSync(`${root}-evil/secret.js`, 'secret')
    symlinkSync(join(scratch, 'app', 'secret.js'), join(root, 'assets/out.js'))
    symlinkSync(`${root}-evil`, join(root, 'sibling'))
  })

  test('the scheme is standard and secure and bypasses no policy', () => {
    expect(pageSchemes).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
    ])
  })

  test('the page and its files are answered with their types', async () => {
    const index = await get('app://workbench/index.html')
    expect([index.status, index.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const script = await get('app://workbench/assets/main.js?x#y')
    expect([script.status, script.headers.get('content-type'), await script.text()]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'export {}',
    ])
  })

  test.each([
    ['a path with dots', 'app://workbench/../secret.js'],
    ['encoded dots', 'app://workbench/%2e%2e/secret.js'],
    ['an encoded slash', 'app://workbench/..%2fsecret.js'],
    ['dots encoded twice', 'app://workbench/%252e%252e/secret.js'],
    ['backslashes', 'app://workbench/..%5csecret.js'],
    ['an absolute path', 'app://workbench//etc/passwd'],
    ['an absolute path, encoded', 'app://workbench/%2fetc%2fpasswd'],
    ['a NUL', 'app://workbench/assets/main.js%00.html'],
    ['a link out of the folder', 'app://workbench/assets/out.js'],
    ['a folder beside ours with our name at its start', 'app://workbench/sibling/secret.js'],
    ['a folder', 'app://workbench/assets'],
    ['a file that is not there', 'app://workbench/assets/none.js'],
    ['a broken encoding', 'app://workbench/%zz'],
    ['an unknown host', 'app://other/index.html'],
  ])('%s is refused', async (_what, address) => {
    const answer = await get(address)
    expect([400, 403, 404]).toContain(answer.status)
    expect(await answer.text()).not.toContain('secret')
  })

  test('only reading is answered', async () => {
    expect((await page(new Request('app://workbench/index.html', { method: 'POST' }))).status).toBe(405)
  })

  test('requests of the page to anywhere else are cancelled', () => {
    const session = new FakePermissions()
    ruleSession(session as never)
    const cancelled = (url: string) => {
      let answer: boolean | null = null
      session.beforeRequest!({ url }, ({ cancel }) => (answer = cancel))
      return answer
    }
    expect(cancelled('app://workbench/assets/main.js')).toBe(false)
    for (const address of foreign.filter((one) => !one.startsWith('blob:'))) {
      expect([address, cancelled(address)]).toEqual([address, true])
      expect(isAllowedRequest(address)).toBe(false)
    }
  })
})

describe('2, 3 and 4: no Node in the page, a world of its own, a sandbox', () => {
  test('the window is made so', () => {
    expect(web).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      contextIsolation: true,
      sandbox: true,
    })
  })

  test('the sandbox is switched on for the whole application before it is ready', async () => {
    const { runDesktop } = await import('../../src/main/desktop/desktop-app.ts')
    const electron = new FakeElectron(scratch, scratch)
    electron.first = false
    await runDesktop({ electron: electron.parts(), words: [], environment: {}, resourcesPath: '' } as never)
    expect(electron.names).toEqual(['enableSandbox', 'schemes', 'quit'])
  })

  test('neither the sources nor what was built hold a forbidden setting', () => {
    const forbidden =
      /sandbox:\s*(?:false|!1)|contextIsolation:\s*(?:false|!1)|nodeIntegration\w*:\s*(?:true|!0)|webviewTag:\s*(?:true|!0)|webSecurity:\s*(?:false|!1)|allowRunningInsecureContent:\s*(?:true|!0)|experimentalFeatures:\s*(?:true|!0)|enableBlinkFeatures|bypassCSP|--no-sandbox|no-sandbox|disable-web-security|ignore-certificate-errors|\bloadFile\(|@electron\/remote|unsafe-(?:inline|eval)/
    const files = ['src/main/desktop', 'src/main/services/web', 'src/preload', 'src/renderer']
      .flatMap((folder) => filesUnder(join(repository, folder)))
      .concat(
        ['desktop.js'].map((name) => join(repository, 'out/main', name)),
        join(repository, 'out/preload/index.cjs'),
      )
    expect(files.length).toBeGreaterThan(30)
    expect(files.filter((file) => forbidden.test(readFileSync(file, 'utf8')))).toEqual([])
  })
})

describe('5: permissions', () => {
  const session = new FakePermissions()
  ruleSession(session as never)
  const asked = (permission: string, details: { requestingUrl: string; isMainFrame: boolean }) => {
    let answer: boolean | null = null
    session.request!(null, permission, (allowed) => (answer = allowed), details)
    return [answer, session.check!(null, permission, details.requestingUrl, details)]
  }
  const own = { requestingUrl: 'app://workbench/index.html', isMainFrame: true }

  test.each([
    'clipboard-read',
    'display-capture',
    'media',
    'mediaKeySystem',
    'geolocation',
    'notifications',
    'midi',
    'midiSysex',
    'pointerLock',
    'keyboardLock',
    'fullscreen',
    'openExternal',
    'window-management',
    'speaker-selection',
    'storage-access',
    'top-level-storage-access',
    'idle-detection',
    'fileSystem',
    'hid',
    'serial',
    'usb',
    'bluetooth',
    'local-fonts',
    'deprecated-sync-clipboard-read',
    'unknown',
    'one that comes with a later Electron',
  ])('%s is refused when asked for and when looked up', (permission) => {
    expect(asked(permission, own)).toEqual([false, false])
  })

  test('writing text to the clipboard is the one exception, for the main frame of our page alone', () => {
    expect(asked('clipboard-sanitized-write', own)).toEqual([true, true])
    expect(asked('clipboard-sanitized-write', { ...own, isMainFrame: false })).toEqual([false, false])
    for (const requestingUrl of foreign) {
      expect(asked('clipboard-sanitized-write', { ...own, requestingUrl })).toEqual([false, false])
    }
  })

  test('devices are refused', () => {
    expect(session.device!()).toBe(false)
  })

  test('downloads are refused but for what a view made itself', () => {
    const refused = (address: string) => {
      let prevented = false
      session.emit('will-download', { preventDefault: () => (prevented = true) }, { getURL: () => address })
      return prevented
    }
    expect(refused('https://example.org/a.exe')).toBe(true)
    expect(refused('app://workbench/assets/main.js')).toBe(true)
    expect(refused('blob:app://workbench/5f')).toBe(false)
    expect(refused('blob:app://workbench.evil/5f')).toBe(true)
  })
})

describe('6, 8, 9 and 10: no weakened page', () => {
  test('web security stays on, insecure content and experiments off', () => {
    expect(web).toMatchObject({
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
    })
    expect(Object.keys(web)).not.toContain('enableBlinkFeatures')
  })
})

describe('7: the content policy', () => {
  test('the page gets a fresh nonce in its header and its meta element with every load, and no other leeway', async () => {
    const root = mkdtempSync(join(scratch, 'page-'))
    writeFileSync(join(root, 'index.html'), '<meta name="csp-nonce" content="" />')
    const load = async () => {
      const answer = await createPageHandler(root)(new Request('app://workbench/'))
      const policy = answer.headers.get('content-security-policy')!
      const [, nonce] = /'nonce-([\w+/=]+)'/.exec(policy)!
      expect(await answer.text()).toBe(`<meta name="csp-nonce" content="${nonce}" />`)
      return { policy: policy.replace(nonce!, 'N'), nonce }
    }
    const [first, second] = [await load(), await load()]
    expect(first.nonce).not.toBe(second.nonce)
    expect(first.policy).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-N'; img-src 'self' blob:; font-src 'self'; " +
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
  })
})

describe('11 to 15: webviews, navigation, windows, addresses outside', () => {
  const contents = new FakeContents()
  const opened: string[] = []
  ruleContents(contents as never, { openOutside: (address) => opened.push(address), log: () => undefined })
  const prevented = (name: string, url: string) => {
    let answer = false
    contents.emit(name, { url, preventDefault: () => (answer = true) })
    return answer
  }

  test('11 and 12: no webview is attached', () => {
    expect(web.webviewTag).toBe(false)
    expect(prevented('will-attach-webview', '')).toBe(true)
  })

  test.each(['will-navigate', 'will-frame-navigate', 'will-redirect'])(
    '13: %s goes nowhere but to our page',
    (name) => {
      expect(prevented(name, 'app://workbench/index.html#/neurons/mlp:3:117')).toBe(false)
      for (const address of foreign) expect([address, prevented(name, address)]).toEqual([address, true])
    },
  )

  test('14: no page opens a window', () => {
    for (const url of [...foreign, 'app://workbench/index.html', 'https://arxiv.org/abs/1']) {
      expect(contents.openHandler!({ url })).toEqual({ action: 'deny' })
    }
    expect(opened).toEqual(['https://arxiv.org/abs/1'])
  })

  test('15: only https addresses of the sites that we cite are opened outside', () => {
    expect(isOpenableOutside('https://arxiv.org/abs/2001.00001')).toBe(true)
    expect(isOpenableOutside('https://doi.org/10.1000/182')).toBe(true)
    for (const address of [
      ...foreign,
      'http://arxiv.org/',
      'https://arxiv.org.evil.com/',
      'https://evil.com/arxiv.org',
      'https://arxiv.org@evil.com/',
      'https://user@arxiv.org/',
      'https://arxiv.org:8443/',
      'https://sub.arxiv.org/',
      'smb://host/share',
      'ms-msdt:/id',
      'vscode://x',
      'mailto:a@b.c',
    ]) {
      expect([address, isOpenableOutside(address)]).toEqual([address, false])
    }
  })

  test('an address is compared by its parts, never by how it begins', () => {
    expect(isOwnAddress('app://workbench/assets/a.js')).toBe(true)
    for (const address of foreign) expect([address, isOwnAddress(address)]).toEqual([address, false])
  })
})

describe('16: a current Electron', () => {
  test('the version is pinned, and Chromium of that line is what the tests of the page run in', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
    expect(devDependencies.electron).toMatch(/^4[5-9]\.\d+\.\d+$/)
  })
})

describe('17: who may hand over a port', () => {
  function gate() {
    const electron = new FakeElectron(scratch, scratch)
    const window = new FakeWindow({})
    const served: unknown[] = []
    const log: string[] = []
    const ports = new PortGate({
      contents: () => window.webContents as never,
      serve: (port) => served.push(port),
      log: (line) => log.push(line),
    })
    ports.listen(electron.ipcMain as never)
    return { electron, window, ports, served, log }
  }
  const closed = async (port: { isClosed: boolean }) => {
    await expect.poll(() => port.isClosed).toBe(true)
  }

  test('the main frame of our own window is served once for each load', async () => {
    const { electron, window, ports, served, log } = gate()
    electron.postPort(window)
    expect(served.length).toBe(1)
    const second = electron.postPort(window)
    await closed(second.port)
    expect([served.length, log.at(-1)]).toEqual([1, 'Refused a port of a page that has its port'])
    ports.pageLeft()
    electron.postPort(window)
    expect(served.length).toBe(2)
    ports.pageLeft()
  })

  test.each([
    ['another window', { sender: new FakeContents() }],
    ['another frame', { senderFrame: { url: 'app://workbench/index.html' } }],
    ['another frame', { senderFrame: null }],
  ])('a port of %s is closed and logged', async (reason, from) => {
    const { electron, window, served, log } = gate()
    const { port } = electron.postPort(window, from)
    await closed(port)
    expect([served.length, log]).toEqual([0, [`Refused a port of ${reason}`]])
  })

  test('a port of a page that is not ours is closed, whatever its address looks like', async () => {
    const { electron, window, served } = gate()
    for (const url of foreign) {
      window.webContents.mainFrame.url = url
      await closed(electron.postPort(window).port)
    }
    expect(served).toEqual([])
  })
})

describe('19: fuses', () => {
  test('the package switches off what an attacker would use, and its configuration is valid', async () => {
    const { default: config } = await import(join(repository, 'electron-builder.config.js'))
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    })
    const require = createRequire(import.meta.url)
    const { validateConfiguration } = require('app-builder-lib/out/util/config/config.js')
    const { DebugLogger } = require('builder-util')
    await expect(validateConfiguration(config, new DebugLogger(false))).resolves.toBeUndefined()
    await expect(validateConfiguration({ ...config, electronFuse: {} }, new DebugLogger(false))).rejects.toThrow(
      'electronFuse',
    )
  })
})

describe('beyond the list: paths of files', () => {
  /** Names of all properties in the inputs of the contract, with the procedure that takes them. */
  function inputNames(): string[] {
    const names: string[] = []
    for (const [noun, procedures] of Object.entries(workbenchContract)) {
      for (const [verb, procedure] of Object.entries(procedures)) {
        const { inputSchema } = (procedure as { '~orpc': { inputSchema?: z.ZodType } })['~orpc']
        if (!inputSchema) continue
        const schema = z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' })
        for (const name of propertiesOf(schema)) names.push(`${noun}.${verb}: ${name}`)
      }
    }
    return names
  }

  test('the page names a file by a path only to ask for a grant; everything else takes the id', () => {
    const names = inputNames()
    expect(names).toContain('workspace.open: folder')
    expect(names.filter((name) => /path/i.test(name))).toEqual(['files.resolve: path'])
  })
})

/** Names of the properties in a JSON schema, however deep. */
function propertiesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = Object.keys((schema as { properties?: object }).properties ?? {})
  return [...own, ...Object.values(schema).flatMap(propertiesOf)]
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}
