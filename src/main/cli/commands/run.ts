import type { Command } from 'commander'
import { runRecipe } from '../../services/recipes/run-recipe.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withEngineOptions } from '../options.ts'
import { describeRecipe, recipeJson } from '../output/recipe-report.ts'

interface RunOptions extends CommonOptions {
  readonly out: string
}

export function addRun(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('run'))
    .description('run a recipe: recordings, concepts, rankings, sweeps and exports')
    .argument('<recipe>', 'YAML file; what it names lies beside it')
    .requiredOption('--out <dir>', 'workspace folder that the results go to')
    .action((recipe: string, options: RunOptions) =>
      door.run(options, async ({ models, task }) => {
        const outcome = await runRecipe(models, { recipe, out: options.out }, task)
        return { json: recipeJson(outcome), text: describeRecipe(outcome) }
      }),
    )
}
