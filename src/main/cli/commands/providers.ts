import type { Command } from 'commander'
import { SnipError } from '../../../contract/failure.ts'
import type { ConnectionTest, ProviderView } from '../../../contract/workbench/providers.ts'
import type { LanguageModels } from '../../services/language-models/index.ts'
import type { CommandDoor, CommonOptions } from '../command-door.ts'
import { providerOf, withCommonOptions, withLanguageModelOptions, type LanguageModelOptions } from '../options.ts'
import { formatPairs, formatTable } from '../output/table.ts'

export function addProviders(program: Command, door: CommandDoor): void {
  const providers = program
    .command('providers')
    .description('servers of language models: which there are, and whether they answer')
  withCommonOptions(providers.command('list'))
    .description('the providers of the settings, without their keys')
    .action((options: CommonOptions) =>
      door.run(options, async ({ languageModels }) => {
        const list = await languageModels.list()
        const rows = list.providers.map((one) => [
          one.name,
          one.baseUrl,
          one.chatModel,
          one.embeddingModel ?? '-',
          keyWords(one),
        ])
        return {
          json: list,
          text: [
            formatTable(
              [['name', 'address', 'chat model', 'embedding model', 'key'], ...rows],
              Array.from({ length: 5 }, () => 'left' as const),
            ),
            ...(list.offline ? ['The offline switch is on: nothing is sent.\n'] : []),
            ...(list.warning === null ? [] : [`${list.warning}\n`]),
          ].join(''),
        }
      }),
    )
  withLanguageModelOptions(withCommonOptions(providers.command('test')))
    .description('asks a server a few short questions and says what is wrong')
    .argument('[name]', 'a provider of the settings, by its name; --provider-url names another')
    .action((name: string | undefined, options: CommonOptions & LanguageModelOptions) =>
      door.run(options, async ({ languageModels, task }) => {
        const id = name === undefined ? providerOf(languageModels, options) : named(languageModels, name)
        const result = await languageModels.test(id, task.signal)
        if (!result.ok) throw failureOf(result)
        const { logprobs, echo, embeddingDimensions } = result.capabilities
        return {
          json: result,
          text: formatPairs([
            ['result', result.message],
            ['log probabilities', logprobs === true ? 'yes' : 'no'],
            ['scored prompts', echo === true ? 'yes' : 'no'],
            ['embedding', embeddingDimensions === null ? '-' : `${embeddingDimensions} numbers`],
            ['models', result.models.join(', ') || 'not told'],
            ['time', `${result.milliseconds} ms`],
          ]),
        }
      }),
    )
}

function named(languageModels: LanguageModels, name: string): string {
  const found = languageModels.known().find((one) => one.name === name || one.id === name)
  if (found) return found.id
  throw new SnipError('not-found', `There is no provider '${name}' in the settings`, {
    remedy: 'See snip providers list.',
  })
}

const kinds = {
  key: 'llm-key',
  quota: 'llm-quota',
  model: 'llm-model',
  offline: 'offline',
  url: 'bad-argument',
} as const

function failureOf({ problem, message, remedy }: ConnectionTest): SnipError {
  const kind = problem !== null && problem in kinds ? kinds[problem as keyof typeof kinds] : 'llm-unreachable'
  return new SnipError(kind, message, remedy === null ? {} : { remedy })
}

function keyWords({ key }: ProviderView): string {
  if (key.state !== 'set') return key.state === 'absent' ? 'not set' : key.state
  return `${key.lastFour === null ? 'set' : `ends in ${key.lastFour}`}, ${key.where}`
}
