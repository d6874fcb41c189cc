import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import { conceptSideSchema, type ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import { convertConcepts } from '../../services/exchange/import-concepts.ts'
import { convertPlan } from '../../services/exchange/import-plan.ts'
import { convertForgetConcepts } from '../../services/forget-concepts/exchange-lists.ts'
import type { Answer, CommandDoor, CommonOptions } from '../command-door.ts'
import { withCommonOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'

interface ImportOptions extends CommonOptions {
  readonly as: string
  readonly out: string
  readonly merge?: boolean
}

const mostShown = 10

export function addImport(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('import'))
    .description('concepts or a choice of neurons that another program made, or a list of forget concepts')
    .argument('<file>', 'OpenAI or Neuronpedia explanations, a table, a plan, a list of ids, a dictionary by layer')
    .requiredOption('--as <what>', 'concepts, plan, forget-concepts or protected-concepts')
    .requiredOption('--out <file>', 'concepts.jsonl, plan.json or forget.jsonl to write')
    .option(
      '--merge',
      'of forget or protected concepts: keep what --out holds; equal sentences become those of the file',
    )
    .action((file: string, options: ImportOptions) =>
      door.run(options, async ({ task }) => {
        const { as, out, merge = false } = options
        const side = conceptSideSchema.options.find((one) => as === `${one}-concepts`)
        if (merge && side === undefined) {
          throw new SnipError('bad-argument', `--merge says nothing with --as ${as}`, { remedy: 'Leave it out.' })
        }
        if (side !== undefined) return importList(file, out, side, merge)
        if (as === 'plan') {
          const { format, neurons, planHash } = convertPlan(file, out)
          return {
            json: { out, format, neurons: neurons.length, planHash },
            text: `${out}: ${formatCount(neurons.length)} neurons (${format})\n`,
          }
        }
        if (as !== 'concepts') {
          throw new SnipError('bad-argument', `--as ${as} is not known`, {
            remedy: 'Use --as concepts, plan, forget-concepts or protected-concepts.',
          })
        }
        const { format, others: concepts, rejected, rejectedCount } = await convertConcepts(file, out, task)
        return {
          json: { out, format, concepts, rejected, rejectedCount },
          text: `${out}: ${formatCount(concepts)} concepts (${format}), ${rejectedLines({ rejected, rejectedCount })}`,
        }
      }),
    )
}

function importList(file: string, out: string, side: ConceptSide, merge: boolean): Answer {
  const done = convertForgetConcepts(file, out, side, merge)
  const { format, concepts, all, others } = done
  const left = others === 0 ? '' : ` ${formatCount(others)} of the other side left out,`
  const held = all === concepts ? '' : `, ${formatCount(all)} with those that were there`
  return {
    json: { out, ...done },
    text: `${out}: ${formatCount(concepts)} ${side} concepts (${format})${held},${left} ${rejectedLines(done)}`,
  }
}

function rejectedLines(found: {
  readonly rejected: readonly { readonly line: number; readonly reason: string }[]
  readonly rejectedCount: number
}): string {
  const lines = found.rejected.slice(0, mostShown).map(({ line, reason }) => `  line ${line}: ${reason}\n`)
  return `${formatCount(found.rejectedCount)} rejected\n${lines.join('')}`
}
