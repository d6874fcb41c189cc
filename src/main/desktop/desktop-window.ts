import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import type * as Electron from 'electron'
import type { AnyRouter } from '@orpc/server'
import { toSnipError } from '../../contract/failure.ts'
import { nodeLauncher, type HostLauncher } from '../services/engine/host-launch.ts'
import { serveOverPort } from '../services/router/serve-port.ts'
import type { DoorTraits, WorkbenchSession } from '../services/session/session.ts'
import { pageAddress } from './addresses.ts'
import { dialogOptions, pathOfChoice } from './dialogs.ts'
import { dropChannel, Drops } from './drops.ts'
import { chooseEngineLaunch } from './engine-launch.ts'
import { menuTemplate } from './menu.ts'
import { openedAs } from './opened-paths.ts'
import { watchPage } from './page-faults.ts'
import { programPlaces } from './places.ts'
import { PortGate, refusalOfSender } from './port-handshake.ts'
import { utilityLauncher } from './utility-process.ts'
import { keepPlacement, readPlacement, visibleBounds } from './window-placement.ts'
import { windowOptions } from './window-options.ts'

/** The parts of Electron that the desktop door uses. */
export type ElectronParts = Pick<
  typeof Electron,
  | 'app'
  | 'BrowserWindow'
  | 'dialog'
  | 'ipcMain'
  | 'Menu'
  | 'nativeTheme'
  | 'protocol'
  | 'screen'
  | 'session'
  | 'shell'
  | 'utilityProcess'
>

export interface DesktopOptions {
  readonly electron: ElectronParts
  /** Electron's folder of resources, in a package. */
  readonly resourcesPath: string
  readonly words: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly openSession: (options: {
    readonly door: DoorTraits
    readonly hostFile: string
    readonly resources: string
    readonly launch: HostLauncher
  }) => { readonly session: WorkbenchSession; readonly router: AnyRouter }
  readonly log: (line: string) => void
}

/** Channel on which the preload hears what to pass on to the page. */
const tellChannel = 'snip:tell'

/** The window of this process and what belongs to it. */
export class DesktopWindow {
  readonly session: WorkbenchSession
  readonly places: ReturnType<typeof programPlaces>
  readonly #options: DesktopOptions
  readonly #router: AnyRouter
  readonly #drops = new Drops()
  readonly #gate: PortGate
  /** Told to the page when it has its port. */
  #waiting: { readonly snip: 'command' | 'drop'; readonly id: string }[] = []
  #window: Electron.BrowserWindow | null = null

  constructor(options: DesktopOptions) {
    this.#options = options
    const { electron, log } = options
    const { app, ipcMain } = electron
    this.places = programPlaces(app.getAppPath(), app.getPath('userData'))
    const { hostFile, resources } = this.places
    const opened = options.openSession({ door: this.#traits(), hostFile, resources, launch: this.#launcher() })
    this.session = opened.session
    this.#router = opened.router
    const contents = () => this.#window?.webContents ?? null
    this.#gate = new PortGate({
      contents,
      serve: (port) => {
        serveOverPort(port, this.#router)
        this.#tellWaiting()
      },
      log,
    })
    this.#gate.listen(ipcMain)
    ipcMain.handle(dropChannel, (event, paths: unknown) => {
      const refusal = refusalOfSender(event, contents())
      if (refusal === null) return this.#drops.add(paths)
      log(`Refused a drop of ${refusal}`)
      return null
    })
    this.#followSettings()
  }

  /** Shows the window, or makes it. */
  show(): void {
    if (this.#window === null) this.#window = this.#makeWindow()
    else {
      if (this.#window.isMinimized()) this.#window.restore()
      this.#window.focus()
    }
  }

  /** Opens what was named from outside: a workspace here, all else as if it had been dropped on the page. */
  openPaths(paths: readonly string[]): void {
    const dropped: string[] = []
    for (const path of paths) {
      const opened = openedAs(path)
      if (opened.kind === 'drop') dropped.push(opened.path)
      else void this.#openWorkspace(opened.folder)
    }
    const id = dropped.length > 0 ? this.#drops.add(dropped) : null
    if (id !== null) this.#tell({ snip: 'drop', id })
  }

  /** Loads the page anew when it was built anew. For work on the program itself. */
  reloadOnChange(): void {
    let later: NodeJS.Timeout | undefined
    watch(this.places.renderer, { recursive: true }, () => {
      clearTimeout(later)
      later = setTimeout(() => this.#window?.webContents.reloadIgnoringCache(), 200)
    })
  }

  async #openWorkspace(folder: string): Promise<void> {
    try {
      await this.session.workspaces.open(folder)
    } catch (error) {
      const { message, remedy } = toSnipError(error)
      this.#options.electron.dialog.showErrorBox(message, remedy ?? '')
    }
  }

  #makeWindow(): Electron.BrowserWindow {
    const { electron, log } = this.#options
    const { app, BrowserWindow, nativeTheme, screen, dialog } = electron
    const kept = readPlacement(this.places.windowPlacement)
    const main = screen.getPrimaryDisplay()
    const others = screen.getAllDisplays().filter(({ id }) => id !== main.id)
    const window = new BrowserWindow(
      windowOptions({
        preload: this.places.preload,
        bounds: visibleBounds(
          kept?.bounds ?? null,
          [main, ...others].map(({ workArea }) => workArea),
        ),
        dark: nativeTheme.shouldUseDarkColors,
        icon: process.platform === 'linux' ? this.places.icon : null,
      }),
    )
    if (kept?.maximized) window.maximize()
    window.once('ready-to-show', () => window.show())
    // Also after a reload and a crash, before the new page's first script.
    window.webContents.on('did-navigate', () => this.#gate.pageLeft())
    window.webContents.on('render-process-gone', () => this.#gate.pageLeft())
    window.on('close', () => {
      const bounds = window.getNormalBounds()
      keepPlacement(this.places.windowPlacement, { bounds, maximized: window.isMaximized() })
    })
    window.on('closed', () => {
      this.#gate.pageLeft()
      this.#window = null
    })
    watchPage(window, { dialog, log, quit: () => app.quit() })
    void window.loadURL(pageAddress)
    return window
  }

  /** Tells the page something, now or as soon as it can hear. */
  #tell(message: { readonly snip: 'command' | 'drop'; readonly id: string }): void {
    this.#waiting.push(message)
    if (this.#gate.isServing) this.#tellWaiting()
  }

  #tellWaiting(): void {
    const messages = this.#waiting
    this.#waiting = []
    for (const message of messages) this.#window?.webContents.send(tellChannel, message)
  }

  #traits(): DoorTraits {
    const { dialog, shell } = this.#options.electron
    return {
      door: 'desktop',
      nativeDialogs: true,
      showsFolders: true,
      uploadPath: null,
      uploadLimit: null,
      dialog: async (purpose) => {
        const options = dialogOptions(purpose, process.platform)
        const { canceled, filePaths } = await (this.#window === null
          ? dialog.showOpenDialog(options)
          : dialog.showOpenDialog(this.#window, options))
        const [path] = filePaths
        return canceled || path === undefined ? null : pathOfChoice(purpose, path, dirname)
      },
      showFolder: async (path) => {
        const problem = await shell.openPath(path)
        if (problem !== '') throw new Error(`The folder could not be shown: ${problem}`)
      },
      dropped: (drop) => this.#drops.pathsOf(drop),
    }
  }

  #launcher(): HostLauncher {
    const { electron, environment, resourcesPath, log } = this.#options
    const { app, utilityProcess } = electron
    const launch = chooseEngineLaunch({
      packaged: app.isPackaged,
      platform: process.platform,
      arch: process.arch,
      resourcesPath,
      appPath: app.getAppPath(),
      environment,
      exists: existsSync,
    })
    if (launch.kind === 'node') return nodeLauncher(launch.execPath)
    log(launch.because)
    return utilityLauncher(utilityProcess)
  }

  /** Theme and menu follow the settings, whoever changes them. */
  #followSettings(): void {
    const { Menu, nativeTheme, app, shell, dialog } = this.#options.electron
    const { session } = this
    let shown: string | null = null
    const follow = () => {
      const { theme } = session.settings.current
      if (theme === shown) return
      shown = theme
      nativeTheme.themeSource = theme
      const state = { platform: process.platform, name: app.name, theme, packaged: app.isPackaged }
      const template = menuTemplate(state, {
        command: (id) => {
          this.show()
          this.#tell({ snip: 'command', id })
        },
        back: () => this.#window?.webContents.navigationHistory.goBack(),
        forward: () => this.#window?.webContents.navigationHistory.goForward(),
        showDataFolder: () => void shell.openPath(session.dataFolder),
        about: () => void dialog.showMessageBox({ message: app.name, detail: `Version ${app.getVersion()}` }),
      })
      Menu.setApplicationMenu(Menu.buildFromTemplate(template))
    }
    follow()
    void (async () => {
      for await (const event of session.events.watch(undefined)) {
        if (event.kind === 'changed' && event.topics.includes('settings')) follow()
      }
    })()
  }
}
