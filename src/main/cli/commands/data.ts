import type { Command } from 'commander'
import { readDataset } from '../../services/datasets/index.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { dataRequest, withCommonOptions, withDataOptions, withSeed, type DataOptions } from '../options.ts'
import { formatCount } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

const mostShown = 10

export function addData(program: Command, door: CommandDoor): void {
  withSeed(withDataOptions(withCommonOptions(program.command('data'))))
    .description('what a data file holds, and which of its rows cannot be used')
    .argument('<data>', 'text, CSV, TSV, JSONL, JSON, Parquet or cloze file')
    .action((path: string, options: CommonOptions & DataOptions) =>
      door.run(options, async () => {
        const request = dataRequest(path, options, 'all')
        const dataset = await readDataset(path, { ...request.options, textOptional: true })
        const { rows, columns, rejected, repaired, preview, kind, format, textColumn, dataHash, notes } = dataset
        return {
          json: { rows, columns, rejected, repaired, preview, kind, format, textColumn, dataHash, notes },
          text: [
            formatPairs([
              ['format', format],
              ['rows in use', formatCount(rows)],
              ['columns', columns.join(', ')],
              ['text column', textColumn ?? '-'],
              ['repaired', formatCount(repaired)],
              ['rejected', formatCount(rejected.length)],
              ['data hash', dataHash],
            ]),
            ...rejected.slice(0, mostShown).map(({ line, reason }) => `  line ${line}: ${reason}\n`),
            ...(rejected.length > mostShown ? [`  and ${rejected.length - mostShown} more\n`] : []),
            ...notes.map((note) => `note: ${note}\n`),
            ...preview.map((row) => `${JSON.stringify(row)}\n`),
          ].join(''),
        }
      }),
    )
}
