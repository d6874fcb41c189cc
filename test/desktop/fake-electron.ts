import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { ElectronParts } from '../../src/main/desktop/desktop-window.ts'
import { pageAddress } from '../../src/main/desktop/addresses.ts'

/** What a fake remembers of one call. */
export interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}

export class FakeContents extends EventEmitter {
  mainFrame = { url: pageAddress }
  readonly sent: unknown[] = []
  reloads = 0
  openHandler: ((details: { url: string }) => { action: string }) | null = null
  readonly navigationHistory = { goBack: () => undefined, goForward: () => undefined }

  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.openHandler = handler
  }
  send(channel: string, message: unknown): void {
    this.sent.push([channel, message])
  }
  reload(): void {
    this.reloads++
  }
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakeContents()
  readonly options: Record<string, unknown>
  loaded: string | null = null
  shown = 0
  focused = 0
  maximized = false
  bounds = { x: 10, y: 20, width: 1300, height: 800 }

  constructor(options: Record<string, unknown>) {
    super()
    this.options = options
  }
  loadURL(address: string): Promise<void> {
    this.loaded = address
    return Promise.resolve()
  }
  show = () => void this.shown++
  focus = () => void this.focused++
  restore = () => undefined
  maximize = () => void (this.maximized = true)
  isMinimized = () => false
  isMaximized = () => this.maximized
  isDestroyed = () => false
  getNormalBounds = () => this.bounds
}

export class FakePermissions extends EventEmitter {
  request:
    | ((contents: unknown, permission: string, answer: (allowed: boolean) => void, details: unknown) => void)
    | null = null
  check: ((contents: unknown, permission: string, origin: string, details: unknown) => boolean) | null = null
  device: (() => boolean) | null = null
  beforeRequest: ((details: { url: string }, answer: (result: { cancel: boolean }) => void) => void) | null = null
  readonly handled = new Map<string, (request: Request) => Promise<Response>>()
  readonly protocol = {
    handle: (scheme: string, handler: (request: Request) => Promise<Response>) =>
      void this.handled.set(scheme, handler),
  }
  readonly webRequest = { onBeforeRequest: (handler: typeof this.beforeRequest) => void (this.beforeRequest = handler) }
  setPermissionRequestHandler(handler: typeof this.request): void {
    this.request = handler
  }
  setPermissionCheckHandler(handler: typeof this.check): void {
    this.check = handler
  }
  setDevicePermissionHandler(handler: typeof this.device): void {
    this.device = handler
  }
}

/** A port of Node's in the shape of Electron's MessagePortMain. */
export function mainPort(port: MessagePort) {
  let closed = false
  const emitter = new EventEmitter()
  port.on('close', () => {
    closed = true
    emitter.emit('close')
  })
  return {
    on: (event: string, listener: (event: { data: unknown }) => void) => {
      if (event === 'message') port.on('message', (data: unknown) => listener({ data }))
      else emitter.on(event, listener)
    },
    postMessage: (data: unknown) => port.postMessage(data),
    start: () => undefined,
    close: () => port.close(),
    get isClosed() {
      return closed
    },
  }
}

/** Everything that the desktop door asks of Electron, remembered, none of it done. */
export class FakeElectron {
  readonly calls: Call[] = []
  readonly app = Object.assign(new EventEmitter(), {
    name: 'SNIP Workbench',
    isPackaged: false,
    enableSandbox: () => this.#note('enableSandbox'),
    requestSingleInstanceLock: () => this.first,
    whenReady: () => Promise.resolve(this.#note('whenReady')),
    getAppPath: () => this.appPath,
    getPath: () => this.dataFolder,
    getVersion: () => '0.1.0',
    quit: () => this.#note('quit'),
  })
  readonly session = { defaultSession: new FakePermissions() }
  readonly protocol = { registerSchemesAsPrivileged: (schemes: unknown) => this.#note('schemes', schemes) }
  readonly ipcMain = Object.assign(new EventEmitter(), {
    handlers: new Map<string, (event: unknown, argument: unknown) => unknown>(),
    handle(channel: string, handler: (event: unknown, argument: unknown) => unknown) {
      this.handlers.set(channel, handler)
    },
  })
  readonly Menu = {
    buildFromTemplate: (template: unknown) => template,
    setApplicationMenu: (menu: unknown) => this.#note('menu', menu),
  }
  readonly nativeTheme = { themeSource: 'system', shouldUseDarkColors: false }
  readonly screen = {
    getPrimaryDisplay: () => ({ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }),
    getAllDisplays: () => [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }],
  }
  readonly shell = {
    openExternal: (address: string) => Promise.resolve(this.#note('openExternal', address)),
    openPath: (path: string) => Promise.resolve(this.#note('openPath', path)).then(() => ''),
  }
  readonly dialog = {
    answer: { canceled: false, filePaths: [] as string[] },
    button: 0,
    showOpenDialog: (...args: unknown[]) => {
      this.#note('showOpenDialog', ...args)
      return Promise.resolve(this.dialog.answer)
    },
    showMessageBox: (options: unknown) => {
      this.#note('showMessageBox', options)
      return Promise.resolve({ response: this.dialog.button })
    },
    showErrorBox: (title: string, text: string) => this.#note('showErrorBox', title, text),
  }
  readonly utilityProcess = { fork: () => this.#note('utilityFork') }
  readonly windows: FakeWindow[] = []
  readonly BrowserWindow: unknown
  readonly appPath: string
  readonly dataFolder: string
  first = true

  constructor(appPath: string, dataFolder: string) {
    this.appPath = appPath
    this.dataFolder = dataFolder
    const { windows, app } = this
    this.BrowserWindow = class extends FakeWindow {
      constructor(options: Record<string, unknown>) {
        super(options)
        windows.push(this)
        app.emit('web-contents-created', {}, this.webContents)
      }
    }
  }

  #note(name: string, ...args: unknown[]): void {
    this.calls.push({ name, args })
  }

  /** Names of the calls in their order. */
  get names(): string[] {
    return this.calls.map(({ name }) => name)
  }

  parts(): ElectronParts {
    return this as unknown as ElectronParts
  }

  /** The page posts a port; answers the page's end of it. `from` stands for another sender. */
  postPort(window: FakeWindow, from: { sender?: unknown; senderFrame?: unknown } = {}) {
    const { port1, port2 } = new MessageChannel()
    const port = mainPort(port2)
    this.ipcMain.emit('snip:port', {
      sender: window.webContents,
      senderFrame: window.webContents.mainFrame,
      ...from,
      ports: [port],
    })
    return { page: port1, port }
  }
}
