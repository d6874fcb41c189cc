import { open, realpath, stat, type FileHandle } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { SnipError } from '../../../contract/failure.ts'

/** Largest text file that is read. */
export const largestTextBytes = 2 * 1024 ** 3

/** A data file that exists, is a regular file and is not empty. */
export interface LocatedFile {
  /** Absolute path as asked for. */
  readonly path: string
  /** The same file without symbolic links: the only path that a reader opens. */
  readonly realPath: string
  /** File name for messages, in quotes. */
  readonly name: string
  readonly bytes: number
}

/** Finds a data file. Throws 'not-found', 'bad-file' or, for an empty file, 'bad-data'. */
export async function locateFile(path: string): Promise<LocatedFile> {
  const absolute = resolve(path)
  const name = JSON.stringify(basename(absolute))
  try {
    const realPath = await realpath(absolute)
    const info = await stat(realPath)
    if (info.isDirectory()) {
      throw new SnipError('bad-file', `${name} is a directory where a data file is needed: ${absolute}`, {
        remedy: 'Give one file: text, CSV, TSV, JSONL, JSON or Parquet.',
      })
    }
    if (!info.isFile()) {
      throw new SnipError('bad-file', `${name} is not a regular file: ${absolute}`, {
        remedy: 'Write the data to a file first.',
      })
    }
    if (info.size === 0) {
      throw new SnipError('bad-data', `${name} is empty: ${absolute}`, { remedy: 'Give a file that holds data.' })
    }
    return { path: absolute, realPath, name, bytes: info.size }
  } catch (error) {
    throw fileError(error, absolute)
  }
}

/** Refuses a text file that cannot be held; `copies` is how many times its size its rows take in memory. */
export function refuseTooLarge(file: LocatedFile, copies: number): void {
  if (file.bytes > largestTextBytes) {
    throw new SnipError('bad-data', `${file.name} is too large: ${file.bytes} bytes of text, 2 GiB is the most`, {
      remedy: 'Split the file, or turn it into Parquet.',
    })
  }
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
  if (file.bytes * copies > limit - used) {
    throw new SnipError('out-of-memory', `${file.name} is too large for this process: ${file.bytes} bytes of text`, {
      remedy: 'Split the file, turn it into Parquet, or raise the limit with NODE_OPTIONS=--max-old-space-size=MB.',
    })
  }
}

/** Opens a located file for reading. */
export async function openLocated(file: LocatedFile): Promise<FileHandle> {
  try {
    return await open(file.realPath, 'r')
  } catch (error) {
    throw fileError(error, file.path)
  }
}

/** A file system error as a sentence; any other error as it is. */
export function fileError(error: unknown, path: string): unknown {
  if (error instanceof SnipError || !(error instanceof Error)) return error
  const code = 'code' in error ? String(error.code) : ''
  const detail = { detail: error.message, cause: error }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SnipError('not-found', `There is no file ${path}`, { remedy: 'Check the path.', ...detail })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new SnipError('bad-file', `The file may not be read: ${path}`, {
      remedy: 'Grant read access to it, or copy it elsewhere.',
      ...detail,
    })
  }
  if (code === '') return error
  return new SnipError('bad-file', `The file cannot be read (${code}): ${path}`, {
    remedy: 'Check the path and the disk.',
    ...detail,
  })
}
