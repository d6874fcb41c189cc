import type { Command } from 'commander'
import { convertTable } from '../../services/exchange/export-tables.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { withCommonOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'

export function addConvert(program: Command, door: CommandDoor): void {
  withCommonOptions(program.command('convert'))
    .description('concepts, forget concepts or a ranking as a table for other programs')
    .argument('<file>', 'concepts.jsonl, forget.jsonl or ranking.jsonl')
    .requiredOption('--out <file>', '.csv (safe to open in a spreadsheet), .parquet or .jsonl to write')
    .action((file: string, options: CommonOptions & { readonly out: string }) =>
      door.run(options, async () => {
        const { path, rows, bytes } = await convertTable(file, options.out)
        return { json: { out: path, rows, bytes }, text: `${path}: ${formatCount(rows)} rows\n` }
      }),
    )
}
