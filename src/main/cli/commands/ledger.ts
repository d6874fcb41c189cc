import type { Command } from 'commander'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { wholeNumber, withCommonOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'
import { formatTable } from '../output/table.ts'

export function addLedger(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('ledger'))
    .description('every request that left this machine for a language model, and what it cost')
    .option('--limit <n>', 'show this many of the newest', wholeNumber('--limit', 0, 1000), 20)
    .action((options: CommonOptions & { readonly limit: number }) =>
      door.run(options, async ({ languageModels }) => {
        const page = await languageModels.ledger(options.limit)
        const rows = page.entries.map((one) => [
          new Date(one.at).toISOString(),
          one.host,
          one.model,
          one.purpose,
          `${one.promptTokens ?? '-'} + ${one.completionTokens ?? '-'}`,
          one.cost === null ? '-' : `$${one.cost.toFixed(4)}`,
          one.outcome,
        ])
        const totals = page.totals.map((one) => [
          one.host,
          one.model,
          one.purpose,
          formatCount(one.requests),
          formatCount(one.promptTokens + one.completionTokens),
          `$${one.cost.toFixed(4)}${one.unpriced > 0 ? ` and ${formatCount(one.unpriced)} without a price` : ''}`,
        ])
        return {
          json: page,
          text: [
            formatTable(
              [['host', 'model', 'purpose', 'requests', 'tokens', 'cost'], ...totals],
              ['left', 'left', 'left', 'right', 'right', 'left'],
            ),
            ...(rows.length === 0
              ? []
              : [
                  '\n',
                  formatTable(
                    [['at', 'host', 'model', 'purpose', 'tokens', 'cost', 'outcome'], ...rows],
                    ['left', 'left', 'left', 'left', 'right', 'right', 'left'],
                  ),
                ]),
            ...(page.damaged > 0 ? [`${formatCount(page.damaged)} lines could not be read\n`] : []),
          ].join(''),
        }
      }),
    )
}
