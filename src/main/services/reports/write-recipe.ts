import { rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { makeFolder } from '../../files/make-folder.ts'
import { writeAside, writeNewAside } from '../../files/write-aside.ts'
import type { OpenWorkspace } from '../session/session.ts'
import { parseRecipe } from '../recipes/recipe-schema.ts'
import { composeRecipe } from './compose-recipe.ts'
import { refuseTaken } from './refuse-taken.ts'

export interface WrittenRecipe {
  /** Paths of what the recipe needs beside itself. */
  readonly files: readonly string[]
  /** Where the recipe cannot do quite the same again, one sentence each; they stand in the file, too. */
  readonly notes: readonly string[]
}

/**
 * Writes a recipe with which `snip run` does a workspace's work again. What a person wrote goes with it, in the folder
 * `<name>-files` beside it. Throws `exists`, or `not-found` for a workspace without a model.
 */
export function writeRecipe(workspace: OpenWorkspace, path: string): WrittenRecipe {
  const home = dirname(path)
  const folder = join(home, `${basename(path).replace(/(?:\.recipe)?\.ya?ml$/i, '')}-files`)
  refuseTaken(path)
  const { recipe, files, notes } = composeRecipe(workspace, home, basename(folder))
  const text = `${comments(workspace.name, basename(path), notes)}${stringify(recipe, { lineWidth: 0, aliasDuplicateObjects: false })}`
  parseRecipe(text, basename(path))
  if (files.size > 0) {
    refuseTaken(folder)
    makeFolder(folder)
  }
  try {
    for (const [name, parts] of files) writeAside(join(folder, name), parts)
    writeNewAside(path, [text])
  } catch (error) {
    // Only what was made here a moment ago.
    if (files.size > 0) rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return { files: [...files.keys()].map((name) => join(folder, name)), notes }
}

function comments(name: string, file: string, notes: readonly string[]): string {
  const lines = [
    `Does the work of the workspace "${name}" again: snip run ${file} --out DIR`,
    'docs/recipes.md says what the keys mean.',
    ...notes,
  ]
  // A name of many lines must stay a comment.
  // oxlint-disable-next-line no-control-regex
  return lines.map((line) => `# ${line.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029\ufeff]+/g, ' ')}\n`).join('')
}
