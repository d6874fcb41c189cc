import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { convertConcepts } from '../../services/exchange/import-concepts.ts'
import { convertPlan } from '../../services/exchange/import-plan.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withCommonOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'

interface ImportOptions extends CommonOptions {
  readonly as: string
  readonly out: string
}

const mostShown = 10

export function addImport(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('import'))
    .description('concepts or a choice of neurons that another program made')
    .argument('<file>', 'OpenAI or Neuronpedia explanations, a table, a plan, a list of ids, a dictionary by layer')
    .requiredOption('--as <what>', 'concepts or plan')
    .requiredOption('--out <file>', 'concepts.jsonl or plan.json to write')
    .action((file: string, options: ImportOptions) =>
      door.run(options, async ({ task }) => {
        const { as, out } = options
        if (as === 'plan') {
          const { format, neurons, planHash } = convertPlan(file, out)
          return {
            json: { out, format, neurons: neurons.length, planHash },
            text: `${out}: ${formatCount(neurons.length)} neurons (${format})\n`,
          }
        }
        if (as !== 'concepts') {
          throw new SnipError('bad-argument', `--as ${as} is not known`, { remedy: 'Use --as concepts or --as plan.' })
        }
        const { format, others: concepts, rejected, rejectedCount } = await convertConcepts(file, out, task)
        return {
          json: { out, format, concepts, rejected, rejectedCount },
          text: [
            `${out}: ${formatCount(concepts)} concepts (${format}), ${formatCount(rejectedCount)} rejected\n`,
            ...rejected.slice(0, mostShown).map(({ line, reason }) => `  line ${line}: ${reason}\n`),
          ].join(''),
        }
      }),
    )
}
