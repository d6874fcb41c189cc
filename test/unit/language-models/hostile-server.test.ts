import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { keyRemover } from '../../../src/main/services/language-models/client/scrub.ts'
import type { Misbehaviour } from '../../support/llm-server/behaviours.ts'
import { firstAttempts } from '../../support/llm-server/behaviours.ts'
import { bench, chatOf, never } from './support.ts'

const use = { purpose: 'a test', budget: null, journalFolder: null }
const impatient = { attempts: 1, answerMs: 20_000, silenceMs: 20_000 }

function own(answer: (response: ServerResponse, authorization: string) => void): Misbehaviour {
  return { kind: 'own', answer }
}

/** Answers with a status, headers and a text of its own. */
function answering(status: number, headers: Record<string, string>, text: string | Buffer = '{}'): Misbehaviour {
  return own((response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(text)
  })
}

function chatWith(content: string): string {
  return JSON.stringify({ model: 'm', choices: [{ message: { content }, finish_reason: 'stop' }] })
}

/** Every text below a folder. */
function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

describe('Retry-After', () => {
  // The wall clock of these tests jumps: only the server's own date can make sense of a date.
  const date = new Date(Date.UTC(2026, 0, 1, 12)).toUTCString()
  const inSeconds = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, seconds)).toUTCString()

  test.each<[name: string, value: string, waitMs: number]>([
    ['a date', inSeconds(9), 9000],
    ['a date that is past', inSeconds(-60), 0],
    ['a number below 0', '-5', 0],
    ['words', 'soon', 0],
    ['nothing', '', 0],
    ['a number with a fraction', '1.5', 1500],
    ['0', '0', 0],
  ])('may be %s', async (_name, value, waitMs) => {
    const { models, id, server, clock } = await bench({
      behaviour: firstAttempts(answering(429, { 'retry-after': value, date })),
    })
    await (await models.open(id, use)).chat(chatOf('dogs'), never)
    expect(server.log).toHaveLength(2)
    // Beside the wait there is the way back of every first attempt.
    expect(Math.max(...clock.slept)).toBe(waitMs + 375)
  })

  test.each([
    ['seconds', '7200', 120],
    ['a date', inSeconds(86_400), 1440],
  ])(
    'beyond half an hour, in %s, ends all that wait in the same words, and closes nothing',
    async (_name, value, minutes) => {
      const { models, id, server, clock } = await bench({}, { concurrency: 1 })
      const model = await models.open(id, use)
      server.behave(() => answering(429, { 'retry-after': value, date }))
      const ended = await Promise.allSettled(['a', 'b', 'c'].map((text) => model.chat(chatOf(text), never)))
      const words = new RegExp(`takes no more requests for now, and asks to wait ${minutes} minutes$`)
      for (const end of ended) {
        expect(end).toMatchObject({
          status: 'rejected',
          reason: { kind: 'llm-quota', message: expect.stringMatching(words) },
        })
      }
      expect(server.log).toHaveLength(1)
      expect(await models.test(id)).toMatchObject({
        ok: false,
        problem: 'quota',
        message: expect.stringMatching(words),
      })
      server.behave(() => null)
      expect((await model.chat(chatOf('d'), never)).text).toBe('words of any kind')
      expect(clock.slept).toEqual([])
    },
  )

  test('of minutes holds everybody back but the connection test', async () => {
    const { models, id, server, clock } = await bench({}, { concurrency: 1 })
    // Time stands still: nobody who waits is let go.
    clock.sleep = () => new Promise(() => {})
    server.behave(firstAttempts(answering(429, { 'retry-after': '1200' })))
    const controller = new AbortController()
    const model = await models.open(id, { ...use, signal: controller.signal })
    const waiting = model.chat(chatOf('dogs'), never)
    await expect.poll(async () => (await models.ledger(1)).entries[0]?.outcome).toBe('llm-quota')
    const other = model.chat(chatOf('cats'), never)
    server.behave(() => null)
    expect(await models.test(id)).toMatchObject({ ok: true })
    expect(server.log.filter(({ body }) => JSON.stringify(body).includes('cats'))).toEqual([])
    controller.abort()
    for (const one of [waiting, other]) await expect(one).rejects.toMatchObject({ kind: 'cancelled' })
  })
})

describe('a redirect', () => {
  test.each([
    [
      'another port',
      (host: string) => `http://${host.replace(/\d+$/, '9')}/v1`,
      /sends requests on to 127\.0\.0\.1:9 \(/,
    ],
    ['another scheme', (host: string) => `https://${host}/v1`, /sends requests on to https:.+\/v1 \(/],
    ['another path', () => '/v2/chat', /sends requests on to \/v2\/chat \(/],
  ])('to %s of the same host is not followed', async (_name, to, words) => {
    const { models, id, server } = await bench()
    const { host } = new URL(server.baseUrl)
    for (const code of [301, 302, 303, 307, 308]) {
      server.behave(() => answering(code, { location: to(host) }))
      const asked = (await models.open(id, use)).chat(chatOf(`dogs ${code}`), never)
      await expect(asked).rejects.toMatchObject({ kind: 'llm-reply', message: expect.stringMatching(words) })
    }
    expect(server.log.map(({ path }) => path)).toEqual(Array.from({ length: 5 }, () => '/v1/chat/completions'))
  })
})

describe('an answer', () => {
  test.each<[name: string, patience: object, more: (response: ServerResponse) => void, words: string]>([
    ['stops in the middle', { silenceMs: 150 }, () => {}, 'did not answer in time'],
    [
      'comes a byte at a time for ever',
      { totalMs: 300 },
      (response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
      'did not come to the end of its answer in time',
    ],
  ])('that %s is given up, and may be paid for', async (_name, patience, more, words) => {
    const behaviour = () =>
      own((response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{"choices": [')
        more(response)
      })
    const { models, id, server } = await bench({ behaviour }, {}, { patience: { ...impatient, ...patience } })
    const model = await models.open(id, use)
    await expect(model.chat(chatOf('hello world'), never)).rejects.toMatchObject({
      kind: 'llm-unreachable',
      message: expect.stringContaining(words),
    })
    await expect.poll(() => server.open).toBe(0)
    expect(model.spending()).toMatchObject({ calls: 0, promptTokens: 50, completionTokens: 20 })
  })

  test.each<[name: string, misbehaviour: Misbehaviour, words: RegExp]>([
    [
      'of 64 kB that unpacks to 64 MB',
      answering(200, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(64 * 1024 ** 2))),
      /answered more than 2 MiB/,
    ],
    [
      'with a status of trouble that unpacks to 64 MB',
      answering(500, { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(64 * 1024 ** 2))),
      /answered more than 2 MiB/,
    ],
    ['of a million open brackets', answering(200, {}, '['.repeat(1_000_000)), /not what OpenAI's servers answer/],
    [
      'nested half a million deep',
      answering(200, {}, `${'['.repeat(500_000)}${']'.repeat(500_000)}`),
      /not what OpenAI's servers answer/,
    ],
    ['whose usage is no number', answering(200, {}, '{"usage": {"prompt_tokens": NaN}}'), /not what OpenAI's servers/],
  ])('%s is refused by name', async (_name, misbehaviour, words) => {
    const { models, id } = await bench({ behaviour: () => misbehaviour }, {}, { patience: impatient })
    const asked = (await models.open(id, use)).chat(chatOf('dogs'), never)
    await expect(asked).rejects.toMatchObject({ kind: 'llm-reply', message: expect.stringMatching(words) })
  })

  test.each([504, 524] as const)(
    '%i of a gateway may be paid for, and the same request is sent again',
    async (status) => {
      const { models, id, server } = await bench({ behaviour: firstAttempts({ kind: 'status', status }) })
      const model = await models.open(id, use)
      await model.chat(chatOf('hello world'), never)
      const [first, second] = server.log.map(({ idempotencyKey }) => idempotencyKey)
      expect(second).toBe(first)
      // 50 of the prompt and 20 of the answer at most; then 9 and 4.
      expect(model.spending()).toMatchObject({ calls: 1, promptTokens: 50 + 9, completionTokens: 20 + 4 })
    },
  )
})

describe('a key that the server sends back', () => {
  const key = 'ab/CANARY/+0123"456\\xyz=WXYZ'
  const everyMark = [...key]
    .map((mark) => `\\u${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`)
    .join('')
  const json = (text: string) => JSON.stringify(text).slice(1, -1)

  test.each([
    ['as JSON has it', json(key)],
    ['with escaped slashes', json(key).replaceAll('/', '\\/')],
    ['with every mark escaped', everyMark],
    ['with some marks escaped', json(key).replace('C', '\\u0043').replace('=', '\\u003d')],
    ['after an escaped backslash', `\\\\${json(key)}`],
  ])('%s is in no reply and in no file', async (_name, written) => {
    const body = chatWith('your key is KEY').replace('KEY', () => written)
    expect((JSON.parse(body) as { choices: [{ message: { content: string } }] }).choices[0].message.content).toContain(
      key,
    )
    const { models, id, folder } = await bench({ behaviour: () => answering(200, {}, body) })
    await models.setKey(id, key)
    mkdirSync(join(folder, 'job'))
    const model = await models.open(id, { ...use, journalFolder: join(folder, 'job') })
    expect((await model.chat(chatOf('dogs'), never)).text).toMatch(/^your key is \\?\[key\]$/)
    model.close()
    expect(textsBelow(folder)).not.toContain('CANARY')
  })

  test('is found in names, in lines of JSON and in half of an answer; all else stays as it was, byte for byte', () => {
    const remove = keyRemover(key)
    const scrub = (text: string) => remove(Buffer.from(text)).toString()
    const slashes = json(key).replaceAll('/', '\\/')
    expect(scrub(`{"${slashes}": "${everyMark}"}\n{"a": "${json(key)}`)).toBe('{"[key]": "[key]"}\n{"a": "[key]')
    expect(scrub(`a ${key} b`)).toBe('a [key] b')
    // Two backslashes are one that is meant: no escape begins with the second.
    const other = `{"a": "\\${everyMark} ü ${json(key).slice(0, -1)}"}`
    expect(scrub(other)).toBe(other)
    const plain = Buffer.from('{"a": 1}')
    expect(remove(plain)).toBe(plain)
    expect(keyRemover(null)(plain)).toBe(plain)
  })
})
