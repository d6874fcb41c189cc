import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readTextFile } from '../files-of-lines.ts'
import { recipeSchema, type Recipe } from '../recipes/recipe-schema.ts'
import { recipeFile } from '../recipes/workspace-folder.ts'

const recordSchema = z.object({ version: z.literal(1), home: z.string(), recipe: recipeSchema })

/** The recipe that a folder was made by, and the folder that its paths count from; null when there is none to be read. */
export function readRecipeRecord(folder: string): { recipe: Recipe; home: string } | null {
  const path = join(folder, recipeFile)
  if (!existsSync(path)) return null
  try {
    return recordSchema.parse(JSON.parse(readTextFile(path)))
  } catch {
    // The files themselves still tell most.
    return null
  }
}
