import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import { SnipError } from '../../../contract/failure.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { exportPlaces, type ExportPlaces } from './export-places.ts'

const namePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/
const longestName = 100

/** Where an export goes. */
export interface ExportTarget {
  /** Holds the files: that of the .onnx file, or the one that is made. */
  readonly folder: string
  /** Must be there before, unless it is the workspace's own. */
  readonly parent: string
  readonly file: string
  readonly places: ExportPlaces
  /** True when the folder is the workspace's own and is made for this export. */
  readonly isOwn: boolean
}

/** Folder and file of an export. Throws `bad-argument` for a name that is no plain file name, `not-found` for a lost grant. */
export function exportTarget(
  session: WorkbenchSession,
  { name, folder, format }: { readonly name: string; readonly folder: string | null; readonly format: ExportFormat },
): ExportTarget {
  const bare = name.replace(/\.onnx$/i, '')
  if (!namePattern.test(bare) || bare.length > longestName) {
    throw new SnipError('bad-argument', `"${name}" cannot be the name of the file`, {
      remedy: `Use letters, digits, dot, dash and underscore, at most ${longestName}.`,
    })
  }
  const isOwn = folder === null
  if (format === 'onnx') {
    const parent = isOwn ? session.workspace().file('exports', bare) : session.grants.pathOf(folder)
    const file = join(parent, `${bare}.onnx`)
    return { folder: parent, parent, file, places: exportPlaces(file, format), isOwn }
  }
  const parent = isOwn ? session.workspace().file('exports') : session.grants.pathOf(folder)
  const file = join(parent, bare)
  return { folder: file, parent, file, places: exportPlaces(file, format), isOwn }
}

/** Why nothing can be written there, as a failure with what to do; null when nothing is in the way. */
export function problemOfTarget({ folder, parent, places, isOwn }: ExportTarget): SnipError | null {
  if (!isOwn) {
    const stats = statSync(parent, { throwIfNoEntry: false })
    if (!stats) return new SnipError('not-found', `There is no folder ${parent}`, { remedy: 'Choose another folder.' })
    if (!stats.isDirectory()) {
      return new SnipError('bad-file', `${parent} is a file, not a folder`, { remedy: 'Choose another folder.' })
    }
  }
  if (!isWritable(existingFolder(parent))) {
    return new SnipError('bad-file', `There is no permission to write into ${parent}`, {
      remedy: 'Choose another folder, or change its permissions.',
    })
  }
  if (existsSync(places.marker)) return null
  const taken = places.own.find((path) => lstatSync(path, { throwIfNoEntry: false }))
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
