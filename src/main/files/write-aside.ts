import { closeSync, fsync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import { SnipError } from '../../contract/failure.ts'
import { moveIntoPlace } from './move-into-place.ts'

/** A system error as one that names the file and what to do; other errors pass through. */
export function fileError(error: unknown, path: string, doing: 'read' | 'write'): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  const name = basename(path)
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new SnipError('disk-full', `The disk is full: ${path} could not be written`, {
        remedy: 'Free some space or choose another disk; nothing half-written was left behind.',
        cause: error,
      })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SnipError('bad-file', `There is no permission to ${doing} ${path}`, {
        remedy: 'Choose another place or change the permissions.',
        cause: error,
      })
    case 'ENOENT':
      return new SnipError('not-found', `There is no ${doing === 'read' ? 'file' : 'folder for'} ${path}`, {
        remedy: 'Check the path.',
        cause: error,
      })
    case 'EISDIR':
    case 'ENOTDIR':
      return new SnipError(
        'bad-file',
        `${name} is ${code === 'EISDIR' ? 'a folder, not a file' : 'below a file, not a folder'}: ${path}`,
        {
          remedy: 'Check the path.',
          cause: error,
        },
      )
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return new SnipError(
        'bad-file',
        `The path ${code === 'ELOOP' ? 'is a circle of links' : 'is too long'}: ${path}`,
        {
          remedy: 'Check the path.',
          cause: error,
        },
      )
    case 'ERR_FS_FILE_TOO_LARGE':
    case 'ERR_STRING_TOO_LONG':
      return new SnipError('bad-file', `${name} is too large to be read whole: ${path}`, {
        remedy: 'Check that it is the right file.',
        cause: error,
      })
    default:
      return error
  }
}

/** Makes a rename or a new file in `folder` lasting. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } catch {
    // Some file systems refuse to sync folders; the rename itself is still atomic there.
  } finally {
    closeSync(descriptor)
  }
}

/** Writes a file so that it is there whole or not at all: aside, fsync, rename. Parts are written in order. */
export function writeAside(path: string, parts: Iterable<Uint8Array | string>): void {
  writeThen(renameSync, path, parts)
}

/** The same for a name that nothing may have yet. Throws `exists`, also for a file that appears in the same instant. */
export function writeNewAside(path: string, parts: Iterable<Uint8Array | string>): void {
  writeThen(moveIntoPlace, path, parts)
}

/** The same for what comes little by little, with what `produce` returns. A failure on the way leaves nothing behind. */
export async function writeAsideWhile<T>(
  path: string,
  produce: (append: (text: string) => void) => Promise<T>,
): Promise<T> {
  const aside = `${path}.partial`
  let waiting: string[] = []
  let length = 0
  try {
    rmSync(aside, { force: true, recursive: true })
    const descriptor = openSync(aside, 'wx')
    const flush = () => {
      writeAll(descriptor, Buffer.from(waiting.join(''), 'utf8'))
      waiting = []
      length = 0
    }
    let result: T
    try {
      result = await produce((text) => {
        waiting.push(text)
        length += text.length
        if (length > 1_000_000) flush()
      })
      flush()
      await promisify(fsync)(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(aside, path)
    syncFolder(dirname(path))
    return result
  } catch (error) {
    rmSync(aside, { force: true })
    throw fileError(error, path, 'write')
  }
}

function writeThen(move: (from: string, to: string) => void, path: string, parts: Iterable<Uint8Array | string>): void {
  const aside = `${path}.partial`
  try {
    // What lies there is the leaving of a killed process, or a link that somebody put there to have another file written over.
    rmSync(aside, { force: true, recursive: true })
    const descriptor = openSync(aside, 'wx')
    try {
      for (const part of parts) writeAll(descriptor, typeof part === 'string' ? Buffer.from(part, 'utf8') : part)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    move(aside, path)
    syncFolder(dirname(path))
  } catch (error) {
    rmSync(aside, { force: true })
    throw fileError(error, path, 'write')
  }
}

/** Writes JSON with a trailing newline, whole or not at all. */
export function writeJsonAside(path: string, value: unknown): void {
  writeAside(path, [`${JSON.stringify(value, null, 2)}\n`])
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(descriptor, bytes, done, bytes.length - done)
}

/** The bytes of a typed array, without a copy. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
