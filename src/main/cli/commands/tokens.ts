import type { Command } from 'commander'
import { encodeText } from '../../services/models/text.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { modelWords, withEngineOptions } from '../options.ts'
import { formatTable } from '../output/table.ts'

interface TokensOptions extends CommonOptions {
  readonly text: string
  readonly specialTokens?: boolean
}

export function addTokens(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('tokens'))
    .description('the tokens of a text, with the characters that each one covers')
    .argument('<model>', modelWords)
    .requiredOption('--text <text>', 'the text')
    .option('--special-tokens', 'add the special tokens that the tokenizer has for a text')
    .action((model: string, options: TokensOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const special = options.specialTokens ?? false
        const { ids, pieces, spans } = await encodeText(models, call.model(model), options.text, special, task)
        const rows = ids.map((id, at) => [String(id), JSON.stringify(pieces[at]), (spans[at] ?? []).join('-')])
        return {
          json: { ids, pieces, spans },
          text: formatTable([['id', 'piece', 'characters'], ...rows], ['right', 'left', 'right']),
        }
      }),
    )
}
