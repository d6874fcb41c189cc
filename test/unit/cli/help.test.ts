import { describe, expect, test } from 'vitest'
import { providerIdSchema } from '../../../src/contract/engine-host.ts'
import { llmScorers } from '../../../src/core/concepts/scorers/llm-scorers.ts'
import { dataFormats } from '../../../src/core/data/formats/index.ts'
import { rankingMethods } from '../../../src/core/ranking/registry.ts'
import { runCommandLine } from '../../../src/main/cli/run-command-line.ts'

/** What --help prints of a command, on one line. */
async function helpOf(command: string): Promise<string> {
  let printed = ''
  const code = await runCommandLine([command, '--help'], {
    out: (text: string) => void (printed += text),
    err: () => {},
    columns: 200,
    signal: new AbortController().signal,
    environment: {},
  } as unknown as Parameters<typeof runCommandLine>[1])
  expect(code).toBe(0)
  return printed.replaceAll(/\s+/g, ' ')
}

describe('the help of a command', () => {
  test.each<[command: string, names: readonly string[]]>([
    ['explain', llmScorers.map(({ id }) => id)],
    ['data', dataFormats.map(({ id }) => id)],
    ['rank', rankingMethods.map(({ id }) => id)],
    ['record', providerIdSchema.options],
  ])('of snip %s names all that may be chosen', async (command, names) => {
    const help = await helpOf(command)
    expect(names.filter((name) => !help.includes(name))).toEqual([])
  })

  test('says what must be given, and of what kind a model is', async () => {
    const help = await helpOf('evaluate')
    expect(help).toContain('checkpoint folder, or .onnx file: one that snip export wrote, or one of another program')
    expect(help).toContain('--data <data> the data to measure on (required)')
  })

  test('of a command that only has sentences embedded shows nothing of chats', async () => {
    const help = await helpOf('rank')
    expect(help).toContain('--embedding-model <name>')
    for (const flag of ['--local-model', '--provider-model', '--context-tokens']) expect(help).not.toContain(flag)
    expect(await helpOf('rate')).toContain('--local-model')
  })
})
