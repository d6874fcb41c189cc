import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ChatBody } from '../../support/llm-server/answers.ts'
import type { LlmServerOptions } from '../../support/llm-server/llm-server.ts'
import type { BatchTask } from '../../../src/main/services/language-models/language-models.ts'
import { bench, chatOf, never } from './support.ts'

const echoing = { chat: ({ messages }: ChatBody) => `about ${messages.at(-1)!.content}` }
const requests = ['a', 'b', 'c'].map((text) => chatOf(text))

/** What a batch is given, with what it says when it ends early. */
function taskOf(signal: AbortSignal, more: Partial<BatchTask> = {}): BatchTask & { readonly said: string[] } {
  const said: string[] = []
  return { signal, report: () => {}, goesOnLater: () => false, say: (sentence) => said.push(sentence), said, ...more }
}

/** A program whose requests of one kind meet something else as long as that returns an answer. */
async function batchBench(
  options: LlmServerOptions,
  meets: (method: string, path: string) => Response | null = () => null,
) {
  const through: typeof fetch = async (input, init) =>
    meets(init?.method ?? 'GET', new URL(input instanceof Request ? input.url : input).pathname) ??
    (await fetch(input, init))
  const it = await bench({ model: echoing, ...options }, {}, { fetch: through })
  const journalFolder = join(it.folder, 'job')
  mkdirSync(journalFolder)
  const answer = (task: BatchTask, models = it.models) =>
    models.answerInBatches(it.id, requests, { purpose: 'a test', budget: null, journalFolder }, task)
  const spending = async () => {
    const model = await it.models.open(it.id, { purpose: 'a test', budget: null, journalFolder })
    model.close()
    return model.spending()
  }
  return { ...it, answer, spending, host: new URL(it.server.baseUrl).host }
}

const refusal = () => new Response('{}', { status: 500, headers: { 'content-type': 'application/json' } })

describe('the Batch interface', () => {
  test('answers all requests into the journal, whatever order they come back in', async () => {
    const { models, id, server, folder } = await bench({ model: echoing })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const use = { purpose: 'a test', budget: null, journalFolder }
    const task = taskOf(never)
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
    ['before its id was written down', 2],
    ['before its answers were read', 3],
  ])('is resumed when the program was killed %s, without a second batch', async (_name, lines) => {
    const { models, id, folder, server } = await bench({ model: echoing, filesStay: true })
    const journalFolder = join(folder, 'job')
    mkdirSync(journalFolder)
    const use = { purpose: 'a test', budget: null, journalFolder }
    const task = taskOf(never)
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
    const outcome = await models.answerInBatches(
      id,
      [requests[0]!, chatOf('x', { topLogprobs: 5 })],
      use,
      taskOf(never),
    )
    expect(outcome).toMatchObject({ answered: 1, failed: [{ reason: 'the server answered 400' }] })
  })

  test('files that the server did not delete are tried again when the work goes on', async () => {
    let isDeleting = false
    const it = await batchBench({}, (method) => (method === 'DELETE' && !isDeleting ? refusal() : null))
    expect(await it.answer(taskOf(never))).toMatchObject({ answered: 3, leftFiles: 2 })
    expect(it.server.files).toBe(2)
    isDeleting = true
    expect(await it.answer(taskOf(never), it.again())).toMatchObject({ answered: 3, batches: [], leftFiles: 0 })
    expect(it.server.files).toBe(0)
  })

  test('a file whose deletion went well unheard counts as deleted', async () => {
    let lost = 0
    const it = await batchBench({}, (method, path) => {
      if (method !== 'DELETE' || lost++ > 0) return null
      void fetch(`${it.server.baseUrl}${path.slice('/v1'.length)}`, { method })
      return refusal()
    })
    expect(await it.answer(taskOf(never))).toMatchObject({ leftFiles: 0 })
    expect([it.server.files, lost]).toEqual([0, 3])
  })

  test('work that is cancelled while files are deleted deletes them all the same', async () => {
    const controller = new AbortController()
    const it = await batchBench({}, (method) => {
      if (method === 'DELETE') controller.abort()
      return null
    })
    const task = taskOf(controller.signal)
    await expect(it.answer(task)).rejects.toMatchObject({ kind: 'cancelled' })
    expect([it.server.files, task.said]).toEqual([0, []])
  })

  test('a batch that is given up is cancelled at the server; what it answered is kept, and the rest handed in again', async () => {
    const it = await batchBench({ batchLooks: 2 })
    const controller = new AbortController()
    const task = taskOf(controller.signal, { report: () => controller.abort() })
    await expect(it.answer(task)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(task.said).toEqual([
      `Batch batch_1 was cancelled at ${it.host}: what it has answered by now is paid, and taken when this goes on`,
      `1 file of a batch, with its texts, stays at ${it.host} until this goes on`,
    ])
    const batches = ['batch_1', 'batch_2']
    expect(await it.answer(taskOf(never))).toEqual({ answered: 3, failed: [], batches, leftFiles: 0 })
    expect([it.server.files, (await it.spending()).calls]).toEqual([0, 3])
  })

  test('one that cannot be cancelled is said to go on and to cost', async () => {
    const it = await batchBench({ batchLooks: 2 }, (_method, path) => (path.endsWith('/cancel') ? refusal() : null))
    const controller = new AbortController()
    const task = taskOf(controller.signal, { report: () => controller.abort() })
    await expect(it.answer(task)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(task.said[0]).toBe(
      `Batch batch_1 could not be cancelled at ${it.host}, may go on there and cost: its answers are taken when this goes on`,
    )
    expect(await it.answer(taskOf(never))).toMatchObject({ answered: 3, batches: ['batch_1'], leftFiles: 0 })
  })

  test('one that is given up while it is handed in is looked for, and its file deleted when the work goes on', async () => {
    const controller = new AbortController()
    const it = await batchBench({}, (method, path) => {
      if (method !== 'POST' || !path.endsWith('/batches') || controller.signal.aborted) return null
      controller.abort()
      return refusal()
    })
    const task = taskOf(controller.signal)
    await expect(it.answer(task)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(task.said[0]).toMatch(/^A batch could not be cancelled at/)
    expect(it.server.files).toBe(1)
    expect(await it.answer(taskOf(never))).toMatchObject({ answered: 3, batches: ['batch_1'], leftFiles: 0 })
    expect(it.server.files).toBe(0)
  })

  test('the end of the program leaves a batch at work, and says so', async () => {
    const it = await batchBench({ batchLooks: 2 })
    const controller = new AbortController()
    const task = taskOf(controller.signal, { report: () => controller.abort(), goesOnLater: () => true })
    await expect(it.answer(task)).rejects.toMatchObject({ kind: 'cancelled' })
    expect(task.said[0]).toBe(`Batch batch_1 goes on at ${it.host} and costs: its answers are taken when this goes on`)
    expect(await it.answer(taskOf(never))).toMatchObject({ answered: 3, batches: ['batch_1'], leftFiles: 0 })
  })
})
