import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { FailureKind } from '../../../src/contract/failure.ts'
import type { Misbehaviour } from '../../support/llm-server/behaviours.ts'
import { firstAttempts } from '../../support/llm-server/behaviours.ts'
import type { ChatBody } from '../../support/llm-server/answers.ts'
import { bench, canary, chatOf, never } from './support.ts'

const use = { purpose: 'a test', budget: null, journalFolder: null }
const echoing = { chat: ({ messages }: ChatBody) => `about ${messages.at(-1)!.content}` }
const status = (code: 401 | 403 | 404 | 429 | 500 | 503, more: object = {}): Misbehaviour => ({
  kind: 'status',
  status: code,
  ...more,
})

/** Every text below a folder. */
function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

describe('a chat model of a server', () => {
  test('answers through the wire as OpenAI has it, with log probabilities where they are asked for', async () => {
    const { models, id, server } = await bench({
      model: { ...echoing, topAt: (token) => ({ [token]: -0.1, no: -2.5 }) },
    })
    const model = await models.open(id, use)
    const reply = await model.chat(chatOf('cats', { seed: 7, topLogprobs: 2, temperature: 0.5 }), never)
    expect(reply).toEqual({
      text: 'about cats',
      finish: 'stop',
      logprobs: [
        {
          token: 'about',
          top: [
            { token: 'about', logprob: -0.1 },
            { token: 'no', logprob: -2.5 },
          ],
        },
        {
          token: ' cats',
          top: [
            { token: ' cats', logprob: -0.1 },
            { token: 'no', logprob: -2.5 },
          ],
        },
      ],
      usage: { promptTokens: 1, completionTokens: 2 },
      model: 'test-model',
    })
    expect(server.log[0]!.body).toEqual({
      model: 'test-model',
      messages: [{ role: 'user', content: 'cats' }],
      max_tokens: 20,
      temperature: 0.5,
      top_p: 1,
      seed: 7,
      logprobs: true,
      top_logprobs: 2,
    })
    expect(model.complete).toBeNull()
    expect(model.id).toBe(`${new URL(server.baseUrl).host}/test-model`)
  })

  test('scores prompts where the connection test saw that the server can', async () => {
    const { models, id } = await bench({ model: { ...echoing, topAt: (token) => ({ [token]: -1 }) } })
    await models.test(id)
    const model = await models.open(id, use)
    const reply = await model.complete!({ prompt: 'one two', maxTokens: 0, echo: true, topLogprobs: 3 }, never)
    expect(reply.tokens).toEqual([
      { token: 'one', top: [], offset: 0 },
      { token: ' two', top: [{ token: ' two', logprob: -1 }], offset: 3 },
    ])
  })

  test.each<[name: string, first: readonly Misbehaviour[], waits: readonly number[]]>([
    ['429 with Retry-After', [status(429, { retryAfterSeconds: 7 })], [7375]],
    ['429 without it', [status(429), status(429)], [375, 750]],
    ['500, then 503', [status(500), status(503)], [375, 750]],
    ['an answer that is cut off', [{ kind: 'cut' }], [375]],
    ['an answer that is no JSON', [{ kind: 'bad-json' }], [375]],
  ])('tries again after %s', async (_name, first, waits) => {
    const { models, id, server, clock } = await bench({ model: echoing, behaviour: firstAttempts(...first) })
    const model = await models.open(id, use)
    expect((await model.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(server.log).toHaveLength(first.length + 1)
    expect(server.paidTwice()).toEqual([])
    expect(clock.slept.map((ms) => Math.round(ms / 5) * 5).toSorted((a, b) => a - b)).toEqual(waits)
  })

  test('tries again when a server says nothing for too long', async () => {
    const patience = { answerMs: 1500, silenceMs: 1500 }
    const { models, id, server } = await bench(
      { model: echoing, behaviour: firstAttempts({ kind: 'stall' }) },
      {},
      { patience },
    )
    const model = await models.open(id, use)
    expect((await model.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(server.log).toHaveLength(2)
  })

  test.each<[name: string, misbehaviour: Misbehaviour, isSame: boolean]>([
    ['a cut answer, of which nobody knows whether it is paid for', { kind: 'cut' }, true],
    ['a silence', { kind: 'stall', hangsUpAfterMs: 20 }, true],
    ['a 500', status(500), false],
    ['an answer that cannot be read', { kind: 'bad-json' }, false],
  ])('after %s the idempotency key says whether it is the same request', async (_name, misbehaviour, isSame) => {
    const { models, id, server } = await bench({ model: echoing, behaviour: firstAttempts(misbehaviour) })
    const model = await models.open(id, use)
    await model.chat(chatOf('dogs'), never)
    await model.chat(chatOf('cats'), never)
    const [first, second, other] = server.log.map(({ idempotencyKey }) => idempotencyKey)
    expect(first).toMatch(/^[0-9a-f]{48}$/)
    expect(second === first).toBe(isSame)
    expect([first, second]).not.toContain(other)
  })

  test.each<[name: string, always: Misbehaviour, kind: FailureKind, words: RegExp, attempts: number]>([
    ['401', status(401, { code: 'invalid_api_key' }), 'llm-key', /asks for a key, and none is set/, 1],
    ['403', status(403), 'llm-key', /does not let this key do that/, 1],
    ['404 for the model', status(404, { code: 'model_not_found' }), 'llm-model', /does not know the model/, 1],
    ['404 for the address', status(404), 'llm-unreachable', /There is nothing at \/v1\/chat\/completions/, 1],
    ['429 for the account', status(429, { code: 'insufficient_quota' }), 'llm-quota', /no quota left/, 1],
    ['429 with hours to wait', status(429, { retryAfterSeconds: 7200 }), 'llm-quota', /asks to wait 120 minutes/, 1],
    ['429 for ever', status(429), 'llm-quota', /takes no more requests for now/, 12],
    ['500 for ever', status(500), 'llm-unreachable', /is in trouble \(500\)/, 6],
    ['a page instead of an answer', { kind: 'html' }, 'llm-reply', /not what OpenAI's servers answer/, 3],
    ['an answer of 3 MB', { kind: 'huge', bytes: 3_000_000 }, 'llm-reply', /answered more than 2 MiB/, 1],
    [
      'a redirect to another host',
      { kind: 'redirect', location: 'http://evil.example/v1' },
      'llm-reply',
      /sends requests on to evil\.example \(307\); nothing was sent there/,
      1,
    ],
  ])('gives up by name after %s', async (_name, always, kind, words, attempts) => {
    const { models, id, server } = await bench({ model: echoing, behaviour: () => always })
    const model = await models.open(id, use)
    const failure = await model.chat(chatOf('dogs'), never).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      name: 'SnipError',
      kind,
      message: expect.stringMatching(words),
      remedy: expect.any(String),
    })
    expect(server.log).toHaveLength(attempts)
  })

  test.each<[name: string, misbehaviour: Misbehaviour, text: string, finish: string]>([
    ['an empty one', { kind: 'empty' }, '', 'stop'],
    ['a refusal', { kind: 'refused' }, '', 'refused'],
    ['one of a megabyte', { kind: 'huge', bytes: 1_000_000 }, 'x'.repeat(1_000_000), 'stop'],
    ['one that was cut at its length', { kind: 'text', text: 'half a', finish: 'length' }, 'half a', 'length'],
  ])('hands %s over as it is', async (_name, misbehaviour, text, finish) => {
    const { models, id } = await bench({ behaviour: () => misbehaviour })
    const reply = await (await models.open(id, use)).chat(chatOf('dogs'), never)
    expect(reply.finish).toBe(finish)
    expect(reply.text === text).toBe(true)
  })

  test('names a server that is not there, and a name that nobody has', async () => {
    const { models, id, server } = await bench({}, {}, { patience: { attempts: 2 } })
    await server.close()
    const gone = await models.open(id, use)
    await expect(gone.chat(chatOf('dogs'), never)).rejects.toMatchObject({
      kind: 'llm-unreachable',
      message: expect.stringContaining('Nothing listens at 127.0.0.1'),
    })
    const draft = {
      name: 'x',
      baseUrl: 'https://nobody.invalid/v1',
      chatModel: 'm',
      embeddingModel: null,
      concurrency: 1,
      plainHttpAllowed: false,
    }
    const nobody = await models.open(models.addTransient(draft), use)
    await expect(nobody.chat(chatOf('dogs'), never)).rejects.toMatchObject({
      kind: 'llm-unreachable',
      message: 'The name nobody.invalid cannot be found',
    })
  })

  test('gives up at once when it is cancelled: under way, waiting for a lane, and between attempts', async () => {
    const { models, id, server } = await bench({ behaviour: () => ({ kind: 'stall' }) }, { concurrency: 1 })
    const model = await models.open(id, use)
    const controller = new AbortController()
    const both = [model.chat(chatOf('a'), controller.signal), model.chat(chatOf('b'), controller.signal)]
    await expect.poll(() => server.open).toBe(1)
    controller.abort()
    for (const one of both) await expect(one).rejects.toMatchObject({ kind: 'cancelled' })
    await expect.poll(() => server.open).toBe(0)
    expect(server.log).toHaveLength(1)
    await expect(model.chat(chatOf('c'), controller.signal)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(server.log).toHaveLength(1)
  })

  test('sends fewer requests at a time after 429, and never more than it may', async () => {
    const { models, id, server } = await bench({ model: echoing, delayMs: 5 }, { concurrency: 8 })
    const model = await models.open(id, use)
    server.behave(({ index, repetition }) => (index < 8 && repetition === 0 ? { kind: 'status', status: 429 } : null))
    const texts = Array.from({ length: 60 }, (_, at) => `text ${at}`)
    const replies = await Promise.all(texts.map((text) => model.chat(chatOf(text), never)))
    expect(replies.map(({ text }) => text)).toEqual(texts.map((text) => `about ${text}`))
    expect(server.mostOpen).toBeLessThanOrEqual(8)
    expect(server.log).toHaveLength(68)
    expect(server.paidTwice()).toEqual([])
  })

  test('asks one question once, however many ask it at a time, and lets each give up alone', async () => {
    const { models, id, server } = await bench({ model: echoing, delayMs: 2000 })
    const model = await models.open(id, use)
    const other = await models.open(id, { ...use, purpose: 'another' })
    const impatient = new AbortController()
    const first = model.chat(chatOf('dogs'), impatient.signal)
    const second = other.chat(chatOf('dogs'), never)
    await expect.poll(() => server.open, { interval: 10 }).toBe(1)
    impatient.abort()
    await expect(first).rejects.toMatchObject({ kind: 'cancelled' })
    expect((await second).text).toBe('about dogs')
    expect(server.log).toHaveLength(1)
    expect(other.spending()).toMatchObject({ calls: 0, reused: 1 })
  })
})

describe('the key', () => {
  test('goes to its own server alone, and is in no file, log line, error or reply', async () => {
    const { models, id, server, folder, logged, again } = await bench({
      model: { chat: () => `your key is ${canary}` },
      key: canary,
    })
    expect(await models.setKey(id, ` ${canary}\n`)).toEqual({
      state: 'set',
      lastFour: 'XYZW',
      where: 'keychain',
      note: null,
    })
    mkdirSync(join(folder, 'job'))
    const model = await models.open(id, { ...use, journalFolder: join(folder, 'job') })
    expect((await model.chat(chatOf('dogs'), never)).text).toBe('your key is [key]')
    expect(server.log[0]!.authorization).toBe(`Bearer ${canary}`)
    const errors: unknown[] = []
    for (const code of [401, 403, 404, 500] as const) {
      server.behave(() => status(code, { code: `bad key ${canary}` }))
      await model.chat(chatOf(`again ${code}`), never).catch((error: unknown) => errors.push(error))
    }
    const elsewhere = await models.save({ ...models.provider(id), baseUrl: 'http://localhost:9/v1' })
    expect(elsewhere.key).toMatchObject({ state: 'absent', lastFour: null })
    const shown = [
      await models.list(),
      await models.ledger(100),
      await models.exportLedger('csv'),
      await again().list(),
    ]
    model.close()
    expect(errors).toHaveLength(4)
    const everything = errors.map((error) => {
      const { stack = '', message, cause } = error as Error
      return `${stack}${message}${JSON.stringify(error)}${String(cause)}`
    })
    expect([...everything, JSON.stringify(shown), ...logged, textsBelow(folder)].join('\n')).not.toContain('canary')
  })

  test('comes from the environment for the command line, and OPENAI_API_KEY goes to api.openai.com alone', async () => {
    const { server, again } = await bench({ model: echoing })
    const sent: (string | null)[] = []
    const fetchKey: typeof fetch = async (input, init) => {
      sent.push(new Headers(init?.headers).get('authorization'))
      return fetch(input, init)
    }
    const draft = {
      name: 'x',
      baseUrl: server.baseUrl,
      chatModel: 'test-model',
      embeddingModel: null,
      concurrency: 1,
      plainHttpAllowed: false,
    }
    for (const [environment, text] of [
      [{ OPENAI_API_KEY: canary }, 'a'],
      [{ SNIP_API_KEY: 'snip-key', OPENAI_API_KEY: canary }, 'b'],
    ] as const) {
      const models = again({ environment, fetch: fetchKey })
      await (await models.open(models.addTransient(draft), use)).chat(chatOf(text), never)
    }
    expect(sent).toEqual([null, 'Bearer snip-key'])
  })

  test.each([
    ['with a space in it', 'sk 123'],
    ['of several lines', 'a\nb'],
    ['with other letters', 'ключ'],
  ])('is refused %s', async (_name, key) => {
    const { models, id } = await bench()
    await expect(models.setKey(id, key)).rejects.toMatchObject({ kind: 'bad-argument' })
  })
})

describe('the offline switch', () => {
  test('opens no connection, and still answers what is known', async () => {
    let isOffline = false
    const { models, id, server, clock } = await bench({ model: echoing }, {}, { offline: () => isOffline })
    const model = await models.open(id, use)
    await model.chat(chatOf('known'), never)
    const { connections } = server
    isOffline = true
    expect((await model.chat(chatOf('known'), never)).text).toBe('about known')
    await expect(model.chat(chatOf('new'), never)).rejects.toMatchObject({ kind: 'offline' })
    const embeddings = await models.openEmbeddings(id, use)
    await expect(embeddings.embed(['a'], never)).rejects.toMatchObject({ kind: 'offline' })
    expect(await models.test(id)).toMatchObject({ ok: false, problem: 'offline' })
    expect(server.connections).toBe(connections)
    expect(clock.slept).toEqual([])
    expect((await models.ledger(10)).count).toBe(1)
  })

  test('also stops a request that was waiting when it was turned on', async () => {
    let isOffline = false
    const { models, id, server } = await bench(
      { model: echoing, behaviour: firstAttempts(status(500)) },
      {},
      { offline: () => isOffline },
    )
    const model = await models.open(id, use)
    server.behave((seen) => {
      isOffline = true
      return firstAttempts(status(500))(seen)
    })
    await expect(model.chat(chatOf('dogs'), never)).rejects.toMatchObject({ kind: 'offline' })
    expect(server.log).toHaveLength(1)
  })
})
