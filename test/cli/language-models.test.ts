import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Command } from 'commander'
import type { LedgerPage } from '../../src/contract/workbench/ledger.ts'
import type { ConnectionTest, ProviderList } from '../../src/contract/workbench/providers.ts'
import { providerOf, withLanguageModelOptions } from '../../src/main/cli/options.ts'
import { createLanguageModels } from '../../src/main/services/language-models/index.ts'
import { SessionSecrets } from '../../src/main/services/language-models/secrets/session-secrets.ts'
import { startLlmServer } from '../support/llm-server/llm-server.ts'
import { snipIn } from './snip.ts'

const { snip, json, path } = snipIn('language-models')

describe('snip providers and snip ledger', () => {
  test('test a server that is named, and note every request', async () => {
    const server = await startLlmServer({ embeddingDimensions: 5 })
    const named = [
      '--provider-url',
      server.baseUrl,
      '--provider-model',
      'test-model',
      '--embedding-model',
      'test-embedding',
    ]
    const tested = await json<ConnectionTest>('providers', 'test', ...named)
    expect(tested).toMatchObject({ ok: true, capabilities: { logprobs: true, echo: true, embeddingDimensions: 5 } })
    const ledger = await json<LedgerPage>('ledger')
    expect(ledger.count).toBe(5)
    expect(ledger.entries.map(({ purpose, outcome, cost }) => [purpose, outcome, cost])).toEqual(
      Array.from({ length: 5 }, () => ['connection test', 'answered', 0]),
    )
    expect((await snip(['ledger'])).out).toMatch(/test-embedding +connection test +1 +\d+ +\$0\.0000/)
    const refused = await snip(['providers', 'test', '--provider-url', server.baseUrl, '--provider-model', 'gpt-9'])
    expect([refused.code, refused.errLines]).toEqual([
      2,
      [
        `snip: ${new URL(server.baseUrl).host} does not know the model: The model \`gpt-9\` does not exist. Choose one of its models.`,
      ],
    ])
    const { connections } = server
    const offline = await snip(['providers', 'test', ...named, '--offline'])
    expect([offline.code, offline.err]).toEqual([
      2,
      expect.stringContaining('The offline switch is on: nothing is sent'),
    ])
    expect(server.connections).toBe(connections)
    await server.close()
  })

  test('heed the offline switch of the settings', async () => {
    const server = await startLlmServer()
    const folder = path('data/snip-workbench')
    mkdirSync(folder, { recursive: true })
    const file = path('data/snip-workbench/settings.json')
    writeFileSync(file, JSON.stringify({ version: 1, offline: true }))
    const ran = await snip(['providers', 'test', '--provider-url', server.baseUrl, '--provider-model', 'test-model'])
    expect([ran.code, server.connections]).toEqual([2, 0])
    writeFileSync(file, JSON.stringify({ version: 1, offline: false }))
    await server.close()
  })

  test('list the providers of the settings', async () => {
    const models = createLanguageModels({
      dataFolder: path('data/snip-workbench'),
      cacheFolder: path('elsewhere'),
      offline: () => true,
      secrets: new SessionSecrets(),
    })
    const draft = {
      baseUrl: 'https://models.example/v1',
      embeddingModel: null,
      concurrency: 2,
      plainHttpAllowed: false,
    }
    await models.save({ ...draft, id: null, name: 'One', chatModel: 'm-1' })
    await models.save({ ...draft, id: null, name: 'Two', chatModel: 'm-2' })
    expect(models.provider(providerOf(models, { providerModel: 'm-2' })).name).toBe('Two')
    expect(() => providerOf(models, {})).toThrow('2 providers of the settings fit')
    expect(() => providerOf(models, { providerUrl: 'https://models.example/v1' })).toThrow(
      '--provider-url needs a model',
    )
    const list = await json<ProviderList>('providers', 'list')
    expect(list.providers.map(({ name, key }) => [name, key.state])).toEqual([
      ['One', 'absent'],
      ['Two', 'absent'],
    ])
    expect((await snip(['providers', 'list'])).out).toMatch(/Two +https:\/\/models\.example\/v1 +m-2 +- +not set/)
    expect(readFileSync(path('data/snip-workbench/providers.json'), 'utf8')).toContain('m-2')
  })

  test('share their options with every command that asks', () => {
    const options = withLanguageModelOptions(new Command('x')).options.map(({ long }) => long)
    expect(options).toEqual(['--offline', '--provider-url', '--provider-model', '--embedding-model', '--concurrency'])
  })
})
