import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'

/** A folder that goes away with the tests of a file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'snip-services-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The SnipError that a call throws. */
export function failureOf(call: () => unknown): SnipError {
  try {
    call()
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error('expected a failure')
}
