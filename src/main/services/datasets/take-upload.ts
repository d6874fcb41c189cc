import { constants } from 'node:fs'
import { copyFile, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { makeFolder } from '../../files/make-folder.ts'
import { fileError } from '../../files/write-aside.ts'
import type { OpenWorkspace, WorkbenchSession } from '../session/session.ts'

/** Folder of the data folder in which the browser door keeps what pages send, until it is imported. */
export const uploadsFolder = 'uploads'

/** A file as a data set keeps it. */
export interface KeptFile {
  readonly path: string
  /** The data set is in the workspace: what was only for the way is removed. */
  readonly settle: () => Promise<void>
  /** The data set did not come about: all is as it was. */
  readonly giveUp: () => Promise<void>
}

/**
 * Where the file of a new data set shall lie. A person's own file stays where it is; one that a page sent has no place of its own and
 * goes into the workspace, `data/<id>/<name>`, so that it lasts as long as that does. Throws `disk-full` and the like.
 */
export async function keepFile(
  session: WorkbenchSession,
  workspace: OpenWorkspace,
  path: string,
  id: string,
): Promise<KeptFile> {
  const nothing = () => Promise.resolve()
  const [own, ...inside] = relative(join(session.dataFolder, uploadsFolder), path).split(sep)
  if (own === undefined || own === '..' || inside.length !== 1) return { path, settle: nothing, giveUp: nothing }
  const folder = workspace.file('data', id)
  const kept = join(folder, basename(path))
  const giveUp = () => rm(folder, { recursive: true, force: true })
  try {
    makeFolder(folder)
    await copyFile(path, `${kept}.partial`, constants.COPYFILE_FICLONE)
    await rename(`${kept}.partial`, kept)
  } catch (error) {
    await giveUp()
    throw fileError(error, kept, 'write')
  }
  const settle = async () => {
    await rm(path, { force: true })
    await rmdir(dirname(path)).catch(() => undefined)
  }
  return { path: kept, settle, giveUp }
}
