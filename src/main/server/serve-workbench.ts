import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../contract/failure.ts'
import { uploadsFolder } from '../services/datasets/take-upload.ts'
import { createWorkbenchRouter } from '../services/router/index.ts'
import type { WorkbenchSession, DoorTraits } from '../services/session/session.ts'
import { openBrowserDoor, defaultLimits, type BrowserDoor } from './browser-door.ts'
import { isLoopback } from './access.ts'
import { uploadPath } from './uploads.ts'

/** What the browser door can do. */
export const browserDoorTraits: DoorTraits = {
  door: 'browser',
  nativeDialogs: false,
  showsFolders: false,
  uploadPath,
  uploadLimit: defaultLimits.upload,
}

/** The port that is tried first when none was asked for. */
const usualPort = 4767

export interface ServeOptions {
  readonly rendererFolder: string
  readonly host: string
  /** Null for the usual one, or any free one when that is taken. */
  readonly port: number | null
  readonly allowRemote: boolean
}

/** Throws `bad-argument` or `not-found` for options under which the door cannot be opened. */
export function checkServeOptions({ host, allowRemote, rendererFolder }: ServeOptions): void {
  if (!isLoopback(host) && !allowRemote) {
    throw new SnipError('bad-argument', `${host} can be reached from other machines`, {
      remedy:
        'Add --allow-remote if that is meant; whoever has the address with its token can read and write your files.',
    })
  }
  if (!existsSync(join(rendererFolder, 'index.html'))) {
    throw new SnipError('not-found', `The interface is not built: there is no ${join(rendererFolder, 'index.html')}`, {
      remedy: 'Run npm run build.',
    })
  }
}

/** Opens the browser door on a session. The caller closes the door first, then the session. */
export async function serveWorkbench(session: WorkbenchSession, options: ServeOptions): Promise<BrowserDoor> {
  checkServeOptions(options)
  const open = (port: number) =>
    openBrowserDoor({
      router: createWorkbenchRouter(session),
      rendererFolder: options.rendererFolder,
      uploadFolder: join(session.dataFolder, uploadsFolder),
      grant: (path) => session.grants.grant(path),
      host: options.host,
      port,
      log: (line) => session.log(line),
    })
  if (options.port !== null) return open(options.port)
  try {
    return await open(usualPort)
  } catch (error) {
    if (error instanceof SnipError && error.kind === 'busy') return open(0)
    throw error
  }
}
