import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { WorkbenchSession } from '../session/session.ts'

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/
const longestName = 100

/** Where an export goes. */
export interface ExportTarget {
  readonly folder: string
  readonly file: string
  /** True when the folder is the workspace's own and is made for this export. */
  readonly isOwn: boolean
}

/** Folder and file of an export. Throws `bad-argument` for a name that is no plain file name, `not-found` for a lost grant. */
export function exportTarget(
  session: WorkbenchSession,
  { name, folder }: { readonly name: string; readonly folder: string | null },
): ExportTarget {
  const bare = name.replace(/\.onnx$/i, '')
  if (!namePattern.test(bare) || bare.length > longestName) {
    throw new SnipError('bad-argument', `"${name}" cannot be the name of the file`, {
      remedy: `Use letters, digits, dot, dash and underscore, at most ${longestName}.`,
    })
  }
  const parent = folder === null ? session.workspace().file('exports', bare) : session.grants.pathOf(folder)
  return { folder: parent, file: join(parent, `${bare}.onnx`), isOwn: folder === null }
}

/** Why nothing can be written there, as a failure with what to do; null when nothing is in the way. */
export function problemOfTarget({ folder, file, isOwn }: ExportTarget): SnipError | null {
  if (!isOwn) {
    const stats = statSync(folder, { throwIfNoEntry: false })
    if (!stats) return new SnipError('not-found', `There is no folder ${folder}`, { remedy: 'Choose another folder.' })
    if (!stats.isDirectory()) {
      return new SnipError('bad-file', `${folder} is a file, not a folder`, { remedy: 'Choose another folder.' })
    }
  }
  if (!isWritable(existingFolder(folder))) {
    return new SnipError('bad-file', `There is no permission to write into ${folder}`, {
      remedy: 'Choose another folder, or change its permissions.',
    })
  }
  if (existsSync(`${file}.unfinished`)) return null
  const manifest = file.replace(/\.onnx$/, '.manifest.json')
  const taken = [file, `${file}.data`, manifest].find((path) => lstatSync(path, { throwIfNoEntry: false }))
  if (taken === undefined && !(isOwn && isFilled(folder))) return null
  return new SnipError('exists', `${taken ?? folder} exists already, and an export overwrites nothing`, {
    remedy: 'Choose another name.',
  })
}

function isFilled(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The folder, or the nearest one above it that exists. */
function existingFolder(folder: string): string {
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  return nearest
}

/** Bytes free for this user on the disk of a folder, which need not exist yet. */
export async function freeBytesAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(existingFolder(folder))
  return bavail * bsize
}
