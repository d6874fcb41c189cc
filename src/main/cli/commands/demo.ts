import type { Command } from 'commander'
import { demoFolder, runDemo } from '../../services/demo/demo.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withEngineOptions } from '../options.ts'
import { describeRecipe, recipeJson } from '../output/recipe-report.ts'

interface DemoOptions extends CommonOptions {
  readonly out: string
}

export function addDemo(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('demo'))
    .description('the whole SNIP job on the bundled model and data')
    .option('--out <dir>', 'workspace folder that the results go to', demoFolder)
    .action((options: DemoOptions) =>
      door.run(options, async ({ io, models, task }) => {
        const outcome = await runDemo(models, { resources: io.resources, out: options.out }, task)
        return { json: recipeJson(outcome), text: describeRecipe(outcome) }
      }),
    )
}
