import type { Command } from 'commander'
import { siteSchema, type Site } from '../../../contract/neuron.ts'
import { openAndLoad } from '../../services/data-in-use/load-data-for.ts'
import { record } from '../../services/recordings/record.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import {
  dataRequest,
  modelWords,
  siteList,
  wholeNumber,
  withDataOptions,
  withEngineOptions,
  withSeed,
  withSplit,
  type DataOptions,
} from '../options.ts'
import { formatCount } from '../output/numbers.ts'
import { formatPairs } from '../output/table.ts'

interface RecordOptions extends CommonOptions, DataOptions {
  readonly out: string
  readonly tokens?: number
  readonly window: number
  readonly sites: Site[]
  readonly specialTokens?: boolean
}

export function addRecord(program: Command, door: CommandDoor): void {
  withSplit(withSeed(withDataOptions(withEngineOptions(program.command('record')))), 'forget')
    .description('statistics and top windows of every neuron over a corpus')
    .argument('<model>', modelWords)
    .argument('<data>', 'the corpus; for a classifier of images a folder or Parquet file of them')
    .requiredOption('--out <dir>', 'folder of the recording')
    .option('--tokens <n>', 'record the first n tokens; left out, all', wholeNumber('--tokens', 1))
    .option('--window <n>', 'tokens per window', wholeNumber('--window', 2), 64)
    .option('--sites <list>', 'mlp, attention or both', siteList, [...siteSchema.options])
    .option('--special-tokens', 'frame every window by the special tokens that the tokenizer has for it')
    .option('--resume', 'go on with an interrupted recording; the same command does so by itself')
    .action((model: string, data: string, options: RecordOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const { out: directory, window, sites, seed } = options
        const { manifest, alreadyFinished, resumedAtWindow } = await record(
          models,
          {
            model: call.model(model),
            data: await openAndLoad(models, call.model(model), dataRequest(data, options, 'forget'), task),
            directory,
            tokens: options.tokens ?? null,
            window,
            sites,
            seed,
            ...(options.specialTokens === true ? { specialTokens: true } : {}),
          },
          task,
        )
        const { windows, tokens, neurons, dataHash } = manifest
        const { modelHash } = manifest.model
        return {
          json: {
            out: directory,
            windows,
            tokens,
            neurons,
            sites: manifest.sites,
            window: manifest.window,
            modelHash,
            dataHash,
            alreadyFinished,
            resumedAtWindow,
          },
          text: formatPairs([
            ['recording', alreadyFinished ? `${directory} (was finished before)` : directory],
            ['tokens', `${formatCount(tokens)} in ${formatCount(windows)} windows of ${manifest.window}`],
            ['neurons', formatCount(neurons)],
          ]),
        }
      }),
    )
}
