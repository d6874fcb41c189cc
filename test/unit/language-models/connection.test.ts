import { describe, expect, test } from 'vitest'
import type { ConnectionProblem } from '../../../src/contract/workbench/providers.ts'
import type { Misbehaviour } from '../../support/llm-server/behaviours.ts'
import type { LlmServerOptions } from '../../support/llm-server/llm-server.ts'
import { isLocalHost, readProviderUrl } from '../../../src/main/services/language-models/providers/provider-url.ts'
import { bench, canary } from './support.ts'

const always = (misbehaviour: Misbehaviour): LlmServerOptions => ({ behaviour: () => misbehaviour })
const quota: Misbehaviour = { kind: 'status', status: 429, code: 'insufficient_quota' }

describe('the connection test', () => {
  test('says what a server can do, and remembers it', async () => {
    const { models, id, server } = await bench({ key: canary, embeddingDimensions: 12 })
    await models.setKey(id, canary)
    const result = await models.test(id)
    expect(result).toMatchObject({
      ok: true,
      problem: null,
      remedy: null,
      models: ['test-model', 'test-embedding'],
      capabilities: { logprobs: true, echo: true, embeddingDimensions: 12 },
    })
    expect(result.message).toMatch(/answers: log probabilities, scored prompts, embeddings of 12 numbers\.$/)
    expect(models.provider(id).capabilities).toEqual(result.capabilities)
    expect(server.log).toHaveLength(5)
  })

  test('counts what it took as other work does, whatever the server claims', async () => {
    const { models, id } = await bench(
      { behaviour: () => ({ kind: 'lying-usage', promptTokens: 9e15, completionTokens: 9e15 }) },
      { embeddingModel: null },
    )
    models.setPrice({ model: 'test-model', inputPerMillion: 1, outputPerMillion: 10 })
    expect(await models.test(id)).toMatchObject({ ok: true })
    const { entries, totals } = await models.ledger(10)
    const chats = entries.filter(({ endpoint }) => endpoint === 'chat/completions')
    // Two questions of 13 tokens, which others may count as up to 58, and two answers of at most 16.
    expect(chats.map(({ promptTokens, completionTokens }) => [promptTokens, completionTokens])).toEqual([
      [58, 16],
      [58, 16],
    ])
    expect(totals[0]!.cost).toBeLessThan(0.001)
  })

  test('says that a model wrote nothing within the tokens of the test, as those do that reason unseen', async () => {
    const { models, id } = await bench(
      { behaviour: () => ({ kind: 'text', text: '', finish: 'length' }), completions: false },
      { embeddingModel: null },
    )
    const { ok, message } = await models.test(id)
    expect(ok).toBe(true)
    expect(message).toMatch(
      /test-model wrote nothing within 16 tokens: it may reason unseen, and short answers may stay empty\.$/,
    )
  })

  test('says what it cannot do', async () => {
    const { models, id } = await bench({ logprobs: false, completions: false }, { embeddingModel: null })
    expect(await models.test(id)).toMatchObject({
      ok: true,
      capabilities: { logprobs: false, echo: false, embeddingDimensions: null },
    })
  })

  test.each<[name: string, problem: ConnectionProblem, server: LlmServerOptions, change: object, words: RegExp]>([
    ['a missing key', 'key', { key: canary }, {}, /asks for a key, and none is set/],
    [
      'a model that is not there',
      'model',
      {},
      { chatModel: 'gpt-9' },
      /does not know the model: The model `gpt-9` does not exist/,
    ],
    [
      'an embedding model that is not there',
      'model',
      {},
      { embeddingModel: 'e-9' },
      /^The chat model answers; the embedding model does not/,
    ],
    ['an account without quota', 'quota', always(quota), {}, /no quota left/],
    [
      'a page',
      'not-compatible',
      always({ kind: 'html' }),
      {},
      /no server that speaks as OpenAI's do|not what OpenAI's servers answer/,
    ],
    [
      'a redirect',
      'redirect',
      always({ kind: 'redirect', location: 'https://evil.example/' }),
      {},
      /sends requests on to evil\.example/,
    ],
    ['no network', 'network', {}, { baseUrl: 'https://nobody.invalid/v1' }, /name nobody\.invalid cannot be found/],
    [
      'nothing that listens',
      'network',
      {},
      { baseUrl: 'http://127.0.0.1:9/v1' },
      /Nothing listens at 127\.0\.0\.1:9|cannot be reached/,
    ],
    ['a server in trouble', 'other', always({ kind: 'status', status: 503 }), {}, /in trouble \(503\)/],
  ])('names %s', async (_name, problem, serverOptions, change, words) => {
    const { models, id } = await bench(serverOptions, change)
    expect(await models.test(id)).toMatchObject({
      ok: false,
      problem,
      message: expect.stringMatching(words),
      remedy: expect.any(String),
    })
  })

  test('names an address with a wrong path', async () => {
    const { models, id, server } = await bench()
    await models.save({ ...models.provider(id), baseUrl: server.baseUrl.replace('/v1', '/api') })
    expect(await models.test(id)).toMatchObject({
      ok: false,
      problem: 'url',
      message: expect.stringContaining('There is nothing at /api/chat/completions'),
    })
  })

  test('names a key that is refused', async () => {
    const { models, id } = await bench({ key: canary })
    await models.setKey(id, 'another-key-of-somebody')
    expect(await models.test(id)).toMatchObject({
      ok: false,
      problem: 'key',
      message: expect.stringContaining('does not accept the key'),
    })
  })
})

describe('the address of a provider', () => {
  test.each([
    ['ftp://models.example/v1', /no http or https URL/],
    ['models.example', /no http or https URL/],
    ['http://models.example/v1', /Plain http to models\.example/],
    ['https://me:secret@models.example/v1', /user name or a password/],
    ['https://models.example/v1?key=x', /query or a fragment/],
  ])('cannot be %s', async (baseUrl, words) => {
    expect(() => readProviderUrl(baseUrl, false)).toThrow(
      expect.objectContaining({ kind: 'bad-argument', message: expect.stringMatching(words) }),
    )
  })

  test('may be plain http here, in a private network, or where a person agreed', () => {
    expect(readProviderUrl('http://localhost:11434/v1/', false)).toEqual({
      baseUrl: 'http://localhost:11434/v1',
      origin: 'http://localhost:11434',
      host: 'localhost:11434',
      local: true,
    })
    expect(readProviderUrl('http://models.example/v1', true).local).toBe(false)
    const hosts = [
      '127.9.9.9',
      '10.0.0.1',
      '172.31.0.1',
      '192.168.1.2',
      '[::1]',
      '[fd00::1]',
      '172.32.0.1',
      '8.8.8.8',
      '[2001:db8::1]',
      'localhost.evil.example',
    ]
    expect(hosts.map(isLocalHost)).toEqual([true, true, true, true, true, true, false, false, false, false])
  })
})
