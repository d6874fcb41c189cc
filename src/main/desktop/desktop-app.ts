import { toSnipError } from '../../contract/failure.ts'
import { isOpenableOutside } from './addresses.ts'
import { ruleContents } from './contents-rules.ts'
import { DesktopWindow, type DesktopOptions } from './desktop-window.ts'
import { pathsOfArguments } from './opened-paths.ts'
import { createPageHandler, pageSchemes } from './page-protocol.ts'
import { ruleSession } from './session-rules.ts'

/** How long a quit waits for jobs to be left in order, in milliseconds. */
const partingMs = 5000

/** Runs the desktop door: one window on one session. Returns when this start was handed to an instance that runs already. */
export async function runDesktop(options: DesktopOptions): Promise<void> {
  const { electron, environment, log } = options
  const { app, protocol, session } = electron
  app.enableSandbox()
  protocol.registerSchemesAsPrivileged(pageSchemes)
  const workingFolder = process.cwd()
  if (!app.requestSingleInstanceLock({ words: [...options.words], workingFolder })) {
    app.quit()
    return
  }

  const waiting = pathsOfArguments(options.words, workingFolder, app.isPackaged)
  let desktop: DesktopWindow | null = null
  const openPaths = (paths: readonly string[]) => (desktop === null ? waiting.push(...paths) : desktop.openPaths(paths))
  // A Mac names files before the application is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault()
    openPaths([path])
  })
  app.on('second-instance', (_event, words, folder) => {
    desktop?.show()
    openPaths(pathsOfArguments(words, folder, app.isPackaged))
  })
  app.on('web-contents-created', (_event, contents) => {
    ruleContents(contents, {
      openOutside: (address) => {
        if (isOpenableOutside(address)) void electron.shell.openExternal(address)
      },
      log,
    })
  })
  await app.whenReady()

  ruleSession(session.defaultSession)
  desktop = new DesktopWindow(options)
  session.defaultSession.protocol.handle('app', createPageHandler(desktop.places.renderer))
  const { session: workbench } = desktop
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  app.on('activate', () => desktop?.show())
  let parted = false
  app.on('will-quit', (event) => {
    if (parted) return
    event.preventDefault()
    const part = async () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, partingMs))
      const disposed = workbench.dispose().catch((error: unknown) => log(toSnipError(error).message))
      await Promise.race([disposed, limit])
      parted = true
      app.quit()
    }
    void part()
  })
  desktop.show()
  desktop.openPaths(waiting.splice(0))
  if (!app.isPackaged && environment['SNIP_RELOAD'] === '1') desktop.reloadOnChange()
}
