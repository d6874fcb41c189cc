import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { locateFile, openLocated } from '../datasets/open-file.ts'
import type { Recipe } from './recipe-schema.ts'

/** Every data file that a recipe names, as it names it, each once and sorted. */
export function dataFilesOf({ recordings, tasks }: Recipe): string[] {
  const files = Object.values(recordings).map(({ data }) => data)
  for (const { forgetConcepts, measures } of Object.values(tasks)) {
    if (forgetConcepts) files.push(forgetConcepts.forget.data, forgetConcepts.reference.data)
    files.push(...Object.values(measures).map(({ data }) => data))
  }
  return [...new Set(files)].toSorted()
}

/**
 * SHA-256 of the bytes of every data file of a recipe, by name: what has been ranked from other data must not be taken for
 * finished. Throws `not-found` or `bad-file` before anything is written.
 */
export async function hashDataFiles(
  recipe: Recipe,
  home: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {}
  for (const name of dataFilesOf(recipe)) {
    const file = await openLocated(await locateFile(resolve(home, name)))
    const hash = createHash('sha256')
    for await (const chunk of file.createReadStream({ signal })) hash.update(chunk as Uint8Array)
    hashes[name] = hash.digest('hex')
  }
  return hashes
}
