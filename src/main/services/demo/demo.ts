import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SnipError } from '../../../contract/failure.ts'
import type { Models } from '../models/models.ts'
import { runRecipe, type RecipeOutcome } from '../recipes/run-recipe.ts'
import type { Task } from '../task.ts'

/** Where the demo writes when nobody says. */
export const demoFolder = 'snip-demo'

/** The whole SNIP job on the bundled model and data: the recipe in resources/demo, run into `out`. */
export async function runDemo(
  models: Models,
  { resources, out }: { readonly resources: string; readonly out: string },
  task: Task,
): Promise<RecipeOutcome> {
  const recipe = join(resources, 'demo', 'recipe.yaml')
  if (!existsSync(recipe)) {
    throw new SnipError('not-found', `The demo's files are missing: there is no ${recipe}`, {
      remedy: 'Install the program again.',
    })
  }
  return runRecipe(models, { recipe, out }, task)
}
