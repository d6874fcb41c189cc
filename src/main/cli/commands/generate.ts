import type { Command } from 'commander'
import { generateText } from '../../services/models/text.ts'
import { readPlan } from '../../services/plans/plans.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { modelWords, nonNegativeNumber, tokenIdList, wholeNumber, withEngineOptions, withSeed } from '../options.ts'
import { printable } from '../output/printable.ts'
import { promptOf } from '../prompt.ts'

interface GenerateOptions extends CommonOptions {
  readonly prompt?: string
  readonly ids?: number[]
  readonly specialTokens?: boolean
  readonly plan?: string
  readonly maxNew: number
  readonly temperature: number
  readonly seed: number
}

export function addGenerate(program: Command, door: CommandDoor): void {
  withSeed(withEngineOptions(program.command('generate')))
    .description('continue a prompt; ids and text are those of the continuation')
    .argument('<model>', modelWords)
    .option('--prompt <text>', 'the text to continue')
    .option('--ids <ids>', 'token ids in place of a text', tokenIdList)
    .option('--special-tokens', 'add the special tokens that the tokenizer has for a text')
    .option('--plan <file>', 'plan of neurons to silence')
    .option('--max-new <n>', 'most new tokens', wholeNumber('--max-new', 1, 100_000), 50)
    .option('--temperature <t>', '0 takes the likeliest token', nonNegativeNumber('--temperature'), 0)
    .action((model: string, options: GenerateOptions) =>
      door.run(options, async ({ io, json, models, task, ...call }) => {
        const { maxNew: maxNewTokens, temperature, seed } = options
        const { ids, text } = await generateText(
          models,
          {
            model: call.model(model),
            prompt: promptOf(options.ids, '--prompt', options.prompt, options.specialTokens ?? false),
            plan: options.plan === undefined ? null : readPlan(options.plan),
            maxNewTokens,
            temperature,
            seed,
            ...(json ? {} : { onText: (piece: string) => io.out(io.outIsTerminal ? printable(piece) : piece) }),
          },
          task,
        )
        return { json: { ids, text }, text: '\n' }
      }),
    )
}
