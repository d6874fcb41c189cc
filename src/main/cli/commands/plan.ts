import type { Command } from 'commander'
import { makePlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { recordingOfMeans, withCommonOptions, withReplacement, type ReplacementOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'

interface PlanOptions extends CommonOptions, ReplacementOptions {
  readonly top: string
  readonly out: string
}

export function addPlan(program: Command, door: CommandDoor): void {
  withReplacement(withCommonOptions(program.command('plan')))
    .description('the top of a ranking as a set of neurons to remove')
    .argument('<ranking>', 'ranking.jsonl')
    .requiredOption('--top <k>', 'per cent of the ranked sites, such as 2%, or a number of neurons')
    .requiredOption('--out <file>', 'plan.json to write')
    .action((ranking: string, options: PlanOptions) =>
      door.run(options, ({ task }) => {
        const { top, out } = options
        const { k, neuronCount, planHash, warnings } = makePlan({ ranking, top, out, ...recordingOfMeans(options) })
        warnings.forEach((sentence) => task.warn(sentence))
        const fraction = neuronCount === 0 ? 0 : k / neuronCount
        return {
          json: { out, k, neuronCount, fraction, planHash, warnings },
          text: `${out}: ${formatCount(k)} of ${formatCount(neuronCount)} neurons (${(100 * fraction).toFixed(2)} %)\n`,
        }
      }),
    )
}
