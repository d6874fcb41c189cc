import type { Command } from 'commander'
import { conceptSchema } from '../../../contract/files.ts'
import { moneyWords } from '../../services/concepts/llm-progress.ts'
import { estimateRating, rateConcepts } from '../../services/concepts/rate.ts'
import { loadData } from '../../services/data-in-use/data-in-use.ts'
import { readJsonLines } from '../../services/files-of-lines.ts'
import { budgetOf, withBudget, type BudgetOptions } from '../budget-options.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  dataRequest,
  providerOf,
  wholeNumber,
  withCommonOptions,
  withDataOptions,
  withLanguageModelOptions,
  withSeed,
  withSplit,
  type DataOptions,
  type LanguageModelOptions,
} from '../options.ts'
import { formatCount } from '../output/numbers.ts'
import { estimateText } from '../output/estimate.ts'

interface RateOptions extends CommonOptions, DataOptions, LanguageModelOptions, BudgetOptions {
  readonly data: string
  readonly out: string
  readonly samples: number
  readonly batch: number
  readonly estimate?: boolean
}

export function addRate(program: Command, door: CommandDoor): void {
  const command = withDataOptions(withCommonOptions(program.command('rate')))
  withBudget(withLanguageModelOptions(withSplit(withSeed(command), 'forget')))
    .description('how important a language model finds each concept for a forget set, from 0 to 10')
    .argument('<concepts>', 'concepts.jsonl')
    .requiredOption('--data <data>', 'the forget set')
    .requiredOption('--out <file>', 'ratings.jsonl to write')
    .option('--samples <n>', 'samples of the forget set in every question', wholeNumber('--samples', 1, 100), 10)
    .option('--batch <n>', 'concepts in one question', wholeNumber('--batch', 1, 200), 50)
    .option('--estimate', 'count requests, tokens and cost, and send nothing')
    .action((path: string, options: RateOptions) =>
      door.run(options, async ({ languageModels, task }) => {
        const concepts = readJsonLines(path, conceptSchema, 'concepts')
        const { documents } = await loadData(dataRequest(options.data, options, 'forget'), task)
        const { samples, batch, seed, out } = options
        const texts = documents.map(({ text }) => text)
        const provider = providerOf(languageModels, options)
        const common = { concepts, texts, provider, seed, samples, batch }
        if (options.estimate) {
          const estimate = await estimateRating(languageModels, common, task.signal)
          return { json: estimate, text: estimateText(estimate) }
        }
        const request = { ...common, budget: budgetOf(options), out }
        const { rated, unrated, skipped, spending } = await rateConcepts(languageModels, request, task)
        return {
          json: { out, rated, unrated, skipped, spending },
          text: [
            `${out}: ${formatCount(rated)} concepts rated, ${formatCount(unrated)} not\n`,
            `${formatCount(spending.calls)} calls, ${moneyWords(spending)}\n`,
            ...(skipped === 0
              ? []
              : [`${formatCount(skipped)} skipped: the same command with a greater budget goes on there\n`]),
          ].join(''),
        }
      }),
    )
}
