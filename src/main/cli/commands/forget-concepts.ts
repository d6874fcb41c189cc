import type { Command } from 'commander'
import { extractForgetConcepts } from '../../services/forget-concepts/forget-concepts.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  dataRequest,
  wholeNumber,
  withCommonOptions,
  withDataOptions,
  withSeed,
  withSplit,
  type DataOptions,
} from '../options.ts'
import { formatTable } from '../output/table.ts'

interface ForgetConceptsOptions extends CommonOptions, DataOptions {
  readonly reference: string
  readonly extractor: string
  readonly out: string
  readonly referenceTextColumn?: string
  readonly referenceWhere?: string
  readonly referenceSample?: number
  readonly referenceFormat?: string
}

export function addForgetConcepts(program: Command, door: CommandDoor): void {
  withSplit(withSeed(withDataOptions(withCommonOptions(program.command('forget-concepts')))), 'forget')
    .description('the concepts that a forget set needs and reference text does not')
    .argument('<data>', 'the forget set')
    .requiredOption('--reference <data>', 'ordinary text to contrast with')
    .requiredOption('--extractor <id>', 'who extracts: lexical')
    .requiredOption('--out <file>', 'forget.jsonl to write')
    .option('--reference-text-column <name>', 'as --text-column, of the reference')
    .option('--reference-where <predicate>', 'as --where, of the reference')
    .option('--reference-sample <n>', 'as --sample, of the reference', wholeNumber('--reference-sample', 1))
    .option('--reference-format <id>', 'as --format, of the reference')
    .action((path: string, options: ForgetConceptsOptions) =>
      door.run(options, async ({ task }) => {
        const { extractor, out } = options
        const { concepts, dataHash } = await extractForgetConcepts(
          {
            forget: dataRequest(path, options, 'forget'),
            reference: dataRequest(options.reference, referenceOptions(options), 'all'),
            extractor,
            out,
          },
          task,
        )
        const rows = concepts.map(({ text, weight }) => [weight.toFixed(3), text])
        return {
          json: { out, concepts, dataHash },
          text: formatTable([['weight', 'concept'], ...rows], ['right', 'left']),
        }
      }),
    )
}

function referenceOptions(options: ForgetConceptsOptions): DataOptions {
  return {
    seed: options.seed,
    ...(options.referenceTextColumn === undefined ? {} : { textColumn: options.referenceTextColumn }),
    ...(options.referenceWhere === undefined ? {} : { where: options.referenceWhere }),
    ...(options.referenceSample === undefined ? {} : { sample: options.referenceSample }),
    ...(options.referenceFormat === undefined ? {} : { format: options.referenceFormat }),
  }
}
