import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { DataRequest } from '../data-in-use/data-in-use.ts'
import { locateFile, openLocated } from '../datasets/open-file.ts'
import type { Recipe, RecipeData, RecipeForgetConcepts } from './recipe-schema.ts'

/** Every file that a recipe names beside its model, as it names it, each once and sorted. */
export function dataFilesOf({ recordings, concepts, tasks }: Recipe): string[] {
  const files = Object.values(recordings).map(({ data }) => data)
  for (const source of Object.values(concepts)) if ('file' in source) files.push(source.file)
  for (const { forgetConcepts, measures, rankings, plans } of Object.values(tasks)) {
    files.push(...filesOfForget(forgetConcepts), ...Object.values(measures).map(({ data }) => data))
    for (const ranking of Object.values(rankings)) {
      if ('file' in ranking) files.push(ranking.file)
      else files.push(...filesOfForget(ranking.forgetConcepts))
    }
    for (const plan of Object.values(plans ?? {})) if ('file' in plan) files.push(plan.file)
  }
  return [...new Set(files)].toSorted()
}

function filesOfForget(source: RecipeForgetConcepts | undefined): string[] {
  if (source === undefined || 'list' in source) return []
  return 'file' in source ? [source.file] : [source.forget.data, source.reference.data]
}

/**
 * SHA-256 of the bytes of every such file, by name: what has been ranked from other data must not be taken for
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

/** Data of a recipe as they are loaded. `seed` draws a sample that names no seed of its own. */
export function dataRequest(source: RecipeData, home: string, seed: number): DataRequest {
  const { data, split, textColumn, where, sample, sampleSeed = seed } = source
  return {
    path: resolve(home, data),
    split,
    options: {
      ...(textColumn === undefined ? {} : { textColumn }),
      ...(where === undefined ? {} : { where }),
      ...(sample === undefined ? {} : { sample, seed: sampleSeed }),
    },
  }
}
