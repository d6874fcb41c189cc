import { implement } from '@orpc/server'
import { statSync } from 'node:fs'
import { extname, isAbsolute, resolve } from 'node:path'
import { homedir } from 'node:os'
import { SnipError } from '../../../contract/failure.ts'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { handleFor } from './failures.ts'

export function filesRouter(session: WorkbenchSession) {
  const { grants, door } = session
  const host = implement(workbenchContract.files).use(handleFor(session))
  return {
    places: host.places.handler(({ input }) => grants.places(input.purpose)),
    list: host.list.handler(({ input }) => grants.list(input.folder, input.purpose)),
    resolve: host.resolve.handler(({ input }) => grants.look(typedPath(input.path))),
    dialog: host.dialog.handler(async ({ input }) => {
      if (!door.dialog) throw notHere('This door has no dialogs of the system', 'Browse for the file instead.')
      const path = await door.dialog(input.purpose)
      return path === null ? null : grants.grant(path)
    }),
    dropped: host.dropped.handler(({ input }) => {
      if (!door.dropped) throw notHere('Files cannot be dropped by path here', 'Upload them, or browse for them.')
      return door.dropped(input.drop).map((path) => grants.grant(path))
    }),
    show: host.show.handler(async ({ input }) => {
      if (!door.showFolder) throw notHere('Folders cannot be shown from here', 'Open the folder by its path.')
      await door.showFolder(folderToShow(session, input.what, input.id))
      return null
    }),
  }
}

/** A path as a person types it: `~` is home, and one that is not absolute counts from there. */
function typedPath(text: string): string {
  const path = text.trim().replace(/^~(?=$|[/\\])/, homedir())
  if (path === '') throw new SnipError('bad-argument', 'No path was given', { remedy: 'Type a path.' })
  return isAbsolute(path) ? path : resolve(homedir(), path)
}

function folderToShow(session: WorkbenchSession, what: 'workspace' | 'export', id: string | null): string {
  const workspace = session.workspace()
  if (what === 'workspace') return workspace.folder
  const exported = id === null ? null : workspace.store.get('export', id)
  if (exported === null) {
    throw new SnipError('not-found', 'That export is no longer on the list', { remedy: 'Choose another one.' })
  }
  return plainFolder(resolve(workspace.folder, exported.folder))
}

/** What the system's file manager opens it may also run: a program, or on a Mac a folder that is one. Neither is shown. */
function plainFolder(path: string): string {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  if (isFolder && !(process.platform === 'darwin' && extname(path) !== '')) return path
  throw new SnipError('not-found', `There is no folder ${path} that could be shown`, {
    remedy: isFolder ? 'Open it by hand.' : 'It was moved or removed: look for it by hand.',
  })
}

function notHere(message: string, remedy: string): SnipError {
  return new SnipError('bad-argument', message, { remedy })
}
