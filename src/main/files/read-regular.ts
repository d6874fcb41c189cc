import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { SnipError } from '../../contract/failure.ts'

/**
 * The bytes of a regular file. A pipe or a device in its place, which would keep the whole program waiting or never end, ->
 * `bad-file`; errors of the system pass through.
 */
export function readRegularFile(path: string): Buffer {
  const descriptor = openRegular(path)
  try {
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** The text at the end of a regular file, from the first line that begins in its last `most` bytes. */
export function readTail(path: string, most: number): string {
  const descriptor = openRegular(path)
  try {
    const { size } = fstatSync(descriptor)
    const from = Math.max(0, size - most)
    const bytes = Buffer.alloc(size - from)
    const text = bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, from))
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    closeSync(descriptor)
  }
}

function openRegular(path: string): number {
  // Without waiting for the other end of a pipe.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  const facts = fstatSync(descriptor)
  if (facts.isFile() || facts.isDirectory()) return descriptor
  closeSync(descriptor)
  throw new SnipError('bad-file', `${path} is no regular file`, { remedy: 'Put a file in its place.' })
}
