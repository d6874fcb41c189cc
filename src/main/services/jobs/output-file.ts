import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { z } from 'zod'
import { SnipError } from '../../../contract/failure.ts'

const headBytes = 1 << 20

/**
 * Checks, before any work, that a file of JSON Lines or JSON may be written at `path`: its folder exists, and what
 * lies there already is a file of the same kind (which will be replaced whole) or an empty one. Anything else is
 * refused: a slip of the tongue must not cost a data file. `firstLine` is the schema of line 1.
 */
export function refuseOutput(path: string, firstLine: z.ZodType, what: string): void {
  checkPlace(path)
  if (!existsSync(path)) return
  const text = headOf(path)
  if (text.trim() === '' || isOfKind(text, firstLine)) return
  throw new SnipError('exists', `${path} exists and is no file of ${what}: it will not be overwritten`, {
    remedy: 'Choose another --out.',
  })
}

/** Throws unless a file can stand at `path`: an existing folder above it, and no folder in its place. */
export function checkPlace(path: string): void {
  const folder = dirname(resolve(path))
  if (!existsSync(folder)) {
    throw new SnipError('not-found', `There is no folder ${folder} for ${basename(path)}`, {
      remedy: 'Create it first.',
    })
  }
  if (!statSync(folder).isDirectory()) {
    throw new SnipError('bad-file', `${folder} is a file, not a folder`, { remedy: 'Choose another --out.' })
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new SnipError('bad-file', `${path} is a folder; --out needs the name of a file`, {
      remedy: 'Add a file name to --out.',
    })
  }
}

function headOf(path: string): string {
  const descriptor = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.min(headBytes, statSync(path).size))
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0))
  } finally {
    closeSync(descriptor)
  }
}

/** Line 1 alone for JSON Lines, else the whole text as one value. */
function isOfKind(text: string, schema: z.ZodType): boolean {
  for (const candidate of [text.slice(0, Math.max(0, text.indexOf('\n'))), text]) {
    try {
      if (schema.safeParse(JSON.parse(candidate)).success) return true
    } catch {
      // Not JSON: the other reading remains.
    }
  }
  return false
}
