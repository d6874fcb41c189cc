import type { Command } from 'commander'
import { leastAnswerBytes, mostAnswerBytes } from '../../../contract/workbench/answers.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { wholeNumber, withCommonOptions } from '../options.ts'
import { formatBytes, formatCount } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

interface AnswersOptions extends CommonOptions {
  readonly clear?: boolean
  readonly limitMb?: number
}

const megabyte = 1_000_000

export function addAnswers(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('answers'))
    .description('answers of language models that are kept, so that no question is sent, nor paid, twice')
    .option('--clear', 'delete them all: what is asked again is sent, and paid, again')
    .option(
      '--limit-mb <n>',
      'keep at most so many megabytes from now on; the oldest answers go',
      wholeNumber('--limit-mb', leastAnswerBytes / megabyte, mostAnswerBytes / megabyte),
    )
    .action((options: AnswersOptions) =>
      door.run(options, async ({ languageModels }) => {
        if (options.limitMb !== undefined) await languageModels.limitAnswers(options.limitMb * megabyte)
        const cleared = options.clear === true ? await languageModels.clearAnswers() : null
        const kept = await languageModels.answers()
        return {
          json: { ...kept, cleared },
          text: formatPairs([
            ...(cleared === null ? [] : [['deleted', amountWords(cleared)] as [string, string]]),
            ['kept', amountWords(kept)],
            ['at most', formatBytes(kept.limitBytes)],
          ]),
        }
      }),
    )
}

function amountWords({ answers, bytes }: { readonly answers: number; readonly bytes: number }): string {
  return `${formatCount(answers)} ${answers === 1 ? 'answer' : 'answers'}, ${formatBytes(bytes)}`
}
