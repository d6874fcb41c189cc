import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'

/** A temporary folder for the tests of one file. `write` gives the path of a new file in it. */
export function useScratch(): { folder(): string; write(name: string, content: string | Uint8Array): Promise<string> } {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'snip-test-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return {
    folder: () => folder,
    async write(name, content) {
      const path = join(folder, name)
      await writeFile(path, content)
      return path
    },
  }
}

/** The SnipError that a promise ends in; fails when there is none. */
export async function failureOf(promise: Promise<unknown>): Promise<SnipError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof SnipError) return error
    throw error
  }
  throw new Error('it did not fail')
}

/** A block of the Children's Book Test: 20 context lines and a query about a cat. */
export function clozeBlock(
  query = "21 ` Where is it ? ' XXXXX the cat .\tasked\t\tasked|b|c|d|e|f|g|h|i|j",
  context = 20,
): string {
  const lines = Array.from({ length: context }, (_, index) => `${index + 1} Sentence number ${index + 1} .`)
  return [...lines, query].join('\n')
}
