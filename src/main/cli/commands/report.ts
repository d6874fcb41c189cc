import { resolve } from 'node:path'
import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { refuseTaken } from '../../services/reports/refuse-taken.ts'
import { writeReport } from '../../services/reports/write-report.ts'
import { readWorkspace } from '../../services/reports/workspace-view.ts'
import { writeRecipe } from '../../services/reports/write-recipe.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withCommonOptions } from '../options.ts'

interface ReportOptions extends CommonOptions {
  readonly out: string
  readonly recipe?: string
}

export function addReport(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('report'))
    .description('what was done in a workspace, as one HTML file, and as a recipe that does it again')
    .argument('<dir>', 'workspace, or folder written by snip run or snip demo')
    .requiredOption('--out <file>', 'FILE.html to write')
    .option('--recipe <file>', 'also write FILE.yaml for snip run')
    .action((dir: string, options: ReportOptions) =>
      door.run(options, async ({ io, task }) => {
        const { recipe } = options
        const out = namedFile('--out', options.out, /\.html?$/i, 'report.html')
        if (recipe !== undefined) refuseTaken(namedFile('--recipe', recipe, /\.ya?ml$/i, 'again.yaml'))
        refuseTaken(out)
        const workspace = await readWorkspace(resolve(dir), io.resources)
        const written = recipe === undefined ? null : writeRecipe(workspace, resolve(recipe))
        for (const sentence of written?.notes ?? []) task.warn(sentence)
        await writeReport(workspace, out)
        const files = written === null ? [] : [recipe!, ...written.files]
        return {
          json: { out, recipe: recipe ?? null, files: written?.files ?? [] },
          text: [out, ...files].map((file) => `${file}\n`).join(''),
        }
      }),
    )
}

function namedFile(option: string, path: string, ending: RegExp, example: string): string {
  if (ending.test(path)) return path
  throw new SnipError('bad-argument', `${option} ${path} does not end in ${example.slice(example.indexOf('.'))}`, {
    remedy: `Name a file such as ${example}.`,
  })
}
