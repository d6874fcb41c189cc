import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refusedParameter } from '../../../src/main/services/language-models/client/dialects.ts'
import type { ChatBody } from '../../support/llm-server/answers.ts'
import type { LlmServer, RefusedRequest } from '../../support/llm-server/llm-server.ts'
import { bench, chatOf, folderOf, never } from './support.ts'

const use = { purpose: 'a test', budget: null, journalFolder: null }
const echoing = { chat: ({ messages }: ChatBody) => `about ${messages.at(-1)!.content}` }

/** Refuses as OpenAI's models that reason do: one parameter in each answer. */
function reasoning(body: ChatBody): RefusedRequest | null {
  const { temperature, max_tokens: length } = body as ChatBody & { readonly temperature?: number }
  if (length !== undefined) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    return { message, code: 'unsupported_parameter', param: 'max_tokens' }
  }
  if (temperature === undefined || temperature === 1) return null
  const message = `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`
  return { message, code: 'unsupported_value', param: 'temperature' }
}

const chatsOf = ({ log }: LlmServer) => log.filter(({ path }) => path === '/v1/chat/completions')

describe('a model that takes no temperature and another name of the longest answer', () => {
  test('is connected: the test asks without them, and says in a line that answers vary', async () => {
    const { models, id, server } = await bench({ refuses: reasoning, completions: false }, { embeddingModel: null })
    const result = await models.test(id)
    expect(result).toMatchObject({ ok: true, problem: null, capabilities: { logprobs: true } })
    expect(result.message).toMatch(
      /answers: log probabilities, no scored prompts\. test-model takes no temperature: it is asked without one, and its answers vary\.$/,
    )
    // Two refusals, then both questions of the test.
    expect(chatsOf(server).map(({ paid }) => paid)).toEqual([false, false, true, true])
  })

  test('is asked anew at once, within a cap that counts no refusal, and remembered; its answers are kept under the same question', async () => {
    const { models, id, server, clock, again } = await bench({ model: echoing, refuses: reasoning })
    models.setPrice({ model: 'test-model', inputPerMillion: 1, outputPerMillion: 1 })
    // Two questions took 20 tokens and the third may take 70: with one more spent on refusals it would not fit.
    const model = await models.open(id, { ...use, budget: { maxCost: null, maxTokens: 90 } })
    for (const animal of ['cats', 'dogs', 'owls']) {
      expect((await model.chat(chatOf(animal, { seed: 7 }), never)).text).toBe(`about ${animal}`)
    }
    expect(chatsOf(server).map(({ paid }) => paid)).toEqual([false, false, true, true, true])
    expect(server.log.at(-1)!.body).toEqual({
      model: 'test-model',
      messages: [{ role: 'user', content: 'owls' }],
      max_completion_tokens: 20,
      top_p: 1,
      seed: 7,
    })
    expect(clock.slept).toEqual([])
    expect(model.spending()).toMatchObject({ calls: 3, promptTokens: 25, completionTokens: 6 })
    const { entries, totals } = await models.ledger(10)
    expect(entries.filter(({ outcome }) => outcome === 'llm-model').map(({ cost }) => cost)).toEqual([0, 0])
    expect(totals[0]).toMatchObject({ requests: 5, answered: 3, unpriced: 0 })
    const later = await again().open(id, use)
    expect((await later.chat(chatOf('owls', { seed: 7 }), never)).text).toBe('about owls')
    expect(server.log).toHaveLength(5)
  })

  test('learns for all questions under way at once, and each other model for itself', async () => {
    const { models, id, server } = await bench({
      model: echoing,
      refuses: (body) => (body.model === 'other' ? null : reasoning(body)),
      models: ['test-model', 'other'],
    })
    const model = await models.open(id, use)
    const texts = ['a', 'b', 'c', 'd', 'e', 'f']
    const replies = await Promise.all(texts.map((text) => model.chat(chatOf(text), never)))
    expect(replies.map(({ text }) => text)).toEqual(texts.map((text) => `about ${text}`))
    expect(chatsOf(server).filter(({ paid }) => paid)).toHaveLength(6)
    const { id: otherId } = await models.save({ ...models.provider(id), id: null, chatModel: 'other' })
    await (await models.open(otherId, use)).chat(chatOf('a'), never)
    expect(server.log.at(-1)!.body).toMatchObject({ temperature: 0, max_tokens: 20 })
  })

  test('pays nothing twice after a kill, although the new process has to learn again', async () => {
    const { models, id, server, folder, again } = await bench({
      model: echoing,
      refuses: reasoning,
      idempotent: true,
    })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const model = await models.open(id, { ...use, journalFolder })
    // What the server answers from here on reached nobody.
    copyFileSync(join(journalFolder, 'requests.jsonl'), join(folder, 'before'))
    await model.chat(chatOf('cats'), never)
    await model.chat(chatOf('dogs'), never)
    model.close()
    await models.dispose()
    copyFileSync(join(folder, 'before'), join(journalFolder, 'requests.jsonl'))
    const resumed = await again({ cacheFolder: folderOf('cache') }).open(id, { ...use, journalFolder })
    expect((await resumed.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect((await resumed.chat(chatOf('cats'), never)).text).toBe('about cats')
    resumed.close()
    expect(chatsOf(server).map(({ paid, replayed }) => [paid, replayed])).toEqual([
      [false, false],
      [false, false],
      [true, false],
      [true, false],
      [false, false],
      [false, false],
      [false, true],
      [false, true],
    ])
    expect(server.paidTwice()).toEqual([])
  })

  test.each([
    [
      'both names of the longest answer',
      "Unsupported parameter: 'max_completion_tokens' is not supported with this model.",
      2,
    ],
    ['what it was not sent', "Unsupported parameter: 'temperature' is not supported with this model.", 2],
  ])('that refuses %s is given up by name', async (_name, message, requests) => {
    const { models, id, server } = await bench({
      refuses: (body) =>
        body.max_tokens === undefined ? { message, code: 'unsupported_parameter', param: null } : reasoning(body),
    })
    const model = await models.open(id, use)
    await expect(model.chat(chatOf('cats'), never)).rejects.toMatchObject({ kind: 'llm-model' })
    expect(server.log.length).toBeLessThanOrEqual(requests + 1)
  })
})

test.each([
  [
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
    'temperature',
    'temperature',
  ],
  ["Unsupported parameter: 'temperature' is not supported with this model.", null, 'temperature'],
  [
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    null,
    'max_tokens',
  ],
  ['Unrecognized request argument supplied: max_completion_tokens', null, 'max_completion_tokens'],
  ["Unsupported parameter: 'top_p' is not supported with this model.", 'top_p', 'top_p'],
  ["Unsupported parameter: 'logprobs' is not supported with this model.", 'logprobs', null],
  ['max_tokens is too large: 50000. This model supports at most 16384 completion tokens.', 'max_tokens', null],
  [
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    'temperature',
    null,
  ],
])('%j refuses the parameter that it names', (message, param, refused) => {
  expect(refusedParameter(400, { message, code: 'invalid_request_error', param: param ?? '' })).toBe(refused)
  expect(refusedParameter(500, { message, code: '', param: param ?? '' })).toBeNull()
})
