import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ChatBody } from '../../support/llm-server/answers.ts'
import { bench, chatOf, never } from './support.ts'

const echoing = { chat: ({ messages }: ChatBody) => `about ${messages.at(-1)!.content}` }
const requests = ['a', 'b', 'c'].map((text) => chatOf(text))

describe('the Batch interface', () => {
  test('answers all requests into the journal, whatever order they come back in', async () => {
    const { models, id, server, folder } = await bench({ model: echoing })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const use = { purpose: 'a test', budget: null, journalFolder }
    const task = { signal: never, report: () => {} }
    expect(await models.answerInBatches(id, requests, use, task)).toEqual({
      answered: 3,
      failed: [],
      batches: ['batch_1'],
      leftFiles: 0,
    })
    // Neither questions nor answers stay there.
    expect(server.files).toBe(0)
    const model = await models.open(id, use)
    expect((await model.chat(requests[1]!, never)).text).toBe('about b')
    expect(model.spending()).toMatchObject({ calls: 3, reused: 1 })
    model.close()
    expect(server.log).toHaveLength(0)
    expect(await models.answerInBatches(id, requests, use, task)).toEqual({
      answered: 3,
      failed: [],
      batches: [],
      leftFiles: 0,
    })
  })

  test.each([
    ['before its id was written down', 1],
    ['before its answers were read', 2],
  ])('is resumed when the program was killed %s, without a second batch', async (_name, lines) => {
    const { models, id, folder, server } = await bench({ model: echoing, filesStay: true })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const use = { purpose: 'a test', budget: null, journalFolder }
    const task = { signal: never, report: () => {} }
    await models.answerInBatches(id, requests, use, task)
    const log = join(journalFolder, 'batches.jsonl')
    writeFileSync(
      log,
      readFileSync(log, 'utf8')
        .split('\n')
        .slice(0, lines)
        .map((line) => `${line}\n`)
        .join(''),
    )
    writeFileSync(join(journalFolder, 'requests.jsonl'), '')
    expect(await models.answerInBatches(id, requests, use, task)).toEqual({
      answered: 3,
      failed: [],
      batches: ['batch_1'],
      leftFiles: 2,
    })
    expect(server.files).toBe(2)
  })

  test('says which requests failed', async () => {
    const { models, id, folder } = await bench({ model: echoing, logprobs: false })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const use = { purpose: 'a test', budget: null, journalFolder }
    const outcome = await models.answerInBatches(id, [requests[0]!, chatOf('x', { topLogprobs: 5 })], use, {
      signal: never,
      report: () => {},
    })
    expect(outcome).toMatchObject({ answered: 1, failed: [{ reason: 'the server answered 400' }] })
  })
})
