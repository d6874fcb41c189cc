import type { Command } from 'commander'
import { Option } from 'commander'
import { logprobsOf } from '../../services/models/text.ts'
import { readPlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { choice, modelWords, tokenIdList, withEngineOptions } from '../options.ts'
import { formatTable } from '../output/table.ts'
import { promptOf } from '../prompt.ts'

interface LogprobsOptions extends CommonOptions {
  readonly ids?: number[]
  readonly text?: string
  readonly specialTokens?: boolean
  readonly plan?: string
  readonly logits?: 'last'
}

export function addLogprobs(program: Command, door: CommandDoor): void {
  withEngineOptions(program.command('logprobs'))
    .description('natural log of the probability of each next token')
    .argument('<model>', modelWords)
    .option('--ids <ids>', 'token ids, such as 1,2,3', tokenIdList)
    .option('--text <text>', 'a text in place of ids')
    .option('--special-tokens', 'add the special tokens that the tokenizer has for a text')
    .option('--plan <file>', 'plan of neurons to silence')
    .addOption(
      new Option('--logits <which>', 'add the logits after the last token: last').argParser(
        choice('--logits', ['last']),
      ),
    )
    .action((model: string, options: LogprobsOptions) =>
      door.run(options, async ({ models, task, ...call }) => {
        const prompt = promptOf(options.ids, '--text', options.text, options.specialTokens ?? false)
        const plan = options.plan === undefined ? null : readPlan(options.plan)
        const found = await logprobsOf(models, { model: call.model(model), prompt, plan }, task)
        const { ids, logprobs } = found
        const last = options.logits === 'last' ? { lastLogits: Array.from(found.lastLogits) } : {}
        const rows = ids.slice(1).map((id, at) => [String(at + 1), String(id), logprobs[at]?.toFixed(6) ?? ''])
        return {
          json: { ids, logprobs, ...last },
          text: formatTable([['position', 'id', 'log-probability'], ...rows], ['right', 'right', 'right']),
        }
      }),
    )
}
