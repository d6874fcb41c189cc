import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { SnipError } from '../../../src/contract/failure.ts'
import { Journal } from '../../../src/main/services/language-models/answers/journal.ts'
import { requestHash, textHasher } from '../../../src/main/services/language-models/answers/request-hash.ts'
import { VectorStore } from '../../../src/main/services/language-models/answers/vector-store.ts'
import type { ChatBody } from '../../support/llm-server/answers.ts'
import { embeddingOf } from '../../support/llm-server/answers.ts'
import { everyNth } from '../../support/llm-server/behaviours.ts'
import { bench, chatOf, folderOf, never } from './support.ts'

const echoing = { chat: ({ messages }: ChatBody) => `about ${messages.at(-1)!.content}` }
const use = (journalFolder: string) => ({ purpose: 'a test', budget: null, journalFolder })
const hashes = ['a', 'b', 'c'].map((letter) => letter.repeat(64))
const charge = { promptTokens: 10, completionTokens: 5, cost: 0.25 }

describe('the journal of a job', () => {
  test('gives back what was written, after the program started anew, with what was spent', () => {
    const folder = folderOf('journal')
    const first = new Journal(folder, 1)
    first.append({ hash: hashes[0]!, charge, reply: { text: 'one\nline' } })
    first.append({ hash: '', charge })
    first.append({ hash: hashes[1]!, charge: null, reply: { text: 'from the cache' } })
    first.close()
    const second = new Journal(folder, 1)
    expect(second.find(hashes[0]!)).toEqual({ text: 'one\nline' })
    expect(second.find(hashes[1]!)).toEqual({ text: 'from the cache' })
    expect(second.find(hashes[2]!)).toBeUndefined()
    expect(second.meter.spending).toEqual({ calls: 1, promptTokens: 20, completionTokens: 10, cost: 0.5, reused: 0 })
    second.close()
  })

  test('cuts off a torn last line wherever it is torn, and keeps the rest', () => {
    const folder = folderOf('journal')
    const first = new Journal(folder, 1)
    first.append({ hash: hashes[0]!, charge, reply: { text: 'one' } })
    first.append({ hash: hashes[1]!, charge, reply: { text: 'zwei ü' } })
    first.close()
    const path = join(folder, 'requests.jsonl')
    const whole = readFileSync(path)
    // After the line that names the work and that of the first answer.
    const begun = whole.indexOf(10, whole.indexOf(10) + 1) + 1
    for (let size = begun; size < whole.length; size += 7) {
      writeFileSync(path, whole.subarray(0, size))
      const journal = new Journal(folder, 1)
      expect([journal.answered, journal.has(hashes[0]!), journal.has(hashes[1]!)], `${size}`).toEqual([1, true, false])
      journal.append({ hash: hashes[1]!, charge, reply: { text: 'zwei ü' } })
      journal.close()
      expect(readFileSync(path).equals(whole), `${size}`).toBe(true)
    }
  })

  test('keeps the name of the work, which no other has', () => {
    const [one, two] = [folderOf('journal'), folderOf('journal')]
    const ids = [one, one, two].map((folder) => {
      const journal = new Journal(folder, 1)
      journal.close()
      return journal.id
    })
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  test('refuses a file that is damaged in its middle, and a second writer', () => {
    const folder = folderOf('journal')
    const journal = new Journal(folder, 1)
    expect(() => new Journal(folder, 1)).toThrow(expect.objectContaining({ kind: 'busy' }))
    journal.close()
    appendFileSync(join(folder, 'requests.jsonl'), 'no json\n')
    expect(() => new Journal(folder, 1)).toThrow(
      expect.objectContaining({ kind: 'bad-file', message: expect.stringContaining('requests.jsonl, line 2') }),
    )
  })

  test('takes the answers that are paid for into the room it kept when the disk is full, and lets nothing more be sent', () => {
    const folder = folderOf('journal')
    const reserve = join(folder, 'requests.reserve')
    let isFull = false
    const journal = new Journal(folder, 4, (descriptor, bytes, offset, length, position) => {
      // As much as was kept can be written again once it is let go.
      if (isFull && existsSync(reserve)) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      return writeSync(descriptor, bytes, offset, length, position)
    })
    expect(readFileSync(reserve).length).toBeGreaterThanOrEqual(1024 * 1024 + 4 * 64 * 1024)
    journal.append({ hash: hashes[0]!, charge, reply: 'before' })
    isFull = true
    journal.append({ hash: hashes[1]!, charge, reply: 'paid for' })
    expect(() => journal.checkRoom()).toThrow(expect.objectContaining({ kind: 'disk-full' }))
    journal.close()
    const again = new Journal(folder, 4)
    expect([again.find(hashes[0]!), again.find(hashes[1]!)]).toEqual(['before', 'paid for'])
    again.checkRoom()
    again.close()
  })
})

describe('answers that are kept', () => {
  test('are not asked for again: by the job that resumes, by other jobs, by the program that starts anew', async () => {
    const { models, id, server, folder, again } = await bench({ model: echoing })
    for (const name of ['one', 'two', 'three']) mkdirSync(join(folder, name))
    const first = await models.open(id, use(join(folder, 'one')))
    await first.chat(chatOf('dogs'), never)
    const other = await models.open(id, use(join(folder, 'two')))
    expect(other.isAnswered(chatOf('dogs'))).toBe(true)
    expect((await other.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(other.spending()).toEqual({ calls: 0, promptTokens: 0, completionTokens: 0, cost: 0, reused: 1 })
    first.close()
    other.close()
    const anew = again({ cacheFolder: join(folder, 'another cache') })
    const resumed = await anew.open(id, use(join(folder, 'two')))
    expect((await resumed.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(server.log).toHaveLength(1)
    // Another draw is another question.
    await resumed.chat(chatOf('dogs', { seed: 1 }), never)
    expect(server.log).toHaveLength(2)
    resumed.close()
  })

  test('go into the journal that pays, though whoever asked first has gone', async () => {
    const { models, id, server, folder } = await bench({ model: echoing, delayMs: 150 })
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    for (const job of [one, two]) mkdirSync(job)
    const cancel = new AbortController()
    const first = await models.open(id, use(one))
    const second = await models.open(id, use(two))
    const given = first.chat(chatOf('dogs'), cancel.signal)
    const wanted = second.chat(chatOf('dogs'), never)
    cancel.abort()
    await expect(given).rejects.toMatchObject({ kind: 'cancelled' })
    first.close()
    // This may get the number of a file that was closed too early.
    const other = join(folder, 'other')
    writeFileSync(other, '')
    expect((await wanted).text).toBe('about dogs')
    second.close()
    expect(readFileSync(other, 'utf8')).toBe('')
    expect(server.log).toHaveLength(1)
    const charges = [one, two].map((job) => {
      const journal = new Journal(job, 1)
      journal.close()
      return [journal.answered, journal.meter.spending.calls]
    })
    expect(charges).toEqual([
      [1, 1],
      [1, 0],
    ])
  })

  test('are asked for again when a journal or the cache holds something else in their place', async () => {
    const { models, id, server, folder, again } = await bench({ model: echoing })
    const job = join(folder, 'job')
    mkdirSync(job)
    const model = await models.open(id, use(job))
    await model.chat(chatOf('dogs'), never)
    model.close()
    const path = join(job, 'requests.jsonl')
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.replace('"text":"about dogs"', '"text":{}'))
    const anew = again({ cacheFolder: join(folder, 'another cache') })
    const resumed = await anew.open(id, use(job))
    expect((await resumed.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect((await resumed.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(server.log).toHaveLength(2)
    resumed.close()
    // A workspace from elsewhere cannot lift a cap by having spent less than nothing.
    writeFileSync(path, whole.replace(/"promptTokens":\d+/, '"promptTokens":-1000000000'))
    await expect(again().open(id, use(job))).rejects.toMatchObject({ kind: 'bad-file' })
  })

  test('come from a server that keeps its refusals by idempotency key, once it is well and the program started anew', async () => {
    const kept = new Map<string, number>()
    const seen: string[] = []
    let isWell = false
    const keeping: typeof fetch = async (input, init) => {
      const key = new Headers(init?.headers).get('idempotency-key') ?? ''
      seen.push(key)
      const status = kept.get(key) ?? (isWell ? 200 : 500)
      kept.set(key, status)
      return status === 200 ? fetch(input, init) : new Response('{}', { status })
    }
    const { models, id, folder, again } = await bench({ model: echoing }, {}, { fetch: keeping })
    const job = join(folder, 'job')
    mkdirSync(job)
    const model = await models.open(id, use(job))
    const vectors = await models.openEmbeddings(id, use(job))
    await expect(model.chat(chatOf('dogs'), never)).rejects.toMatchObject({ kind: 'llm-unreachable' })
    await expect(vectors.embed(['dogs'], never)).rejects.toMatchObject({ kind: 'llm-unreachable' })
    for (const one of [model, vectors]) one.close()
    await models.dispose()
    expect(new Set(seen).size).toBe(12)

    isWell = true
    const anew = again()
    const resumed = await anew.open(id, use(job))
    const resumedVectors = await anew.openEmbeddings(id, use(job))
    expect((await resumed.chat(chatOf('dogs'), never)).text).toBe('about dogs')
    expect(await resumedVectors.embed(['dogs'], never)).toHaveLength(1)
    expect([seen.length, new Set(seen).size]).toEqual([14, 14])
    expect(resumed.spending()).toMatchObject({ calls: 2 })
    for (const one of [resumed, resumedVectors]) one.close()
  })

  test('are all there after 400 requests through faults, and none is paid twice, when the job is run again', async () => {
    const { models, id, server, folder } = await bench({
      model: echoing,
      behaviour: everyNth(5, [
        { kind: 'status', status: 500 },
        { kind: 'bad-json' },
        { kind: 'status', status: 429 },
        { kind: 'html' },
      ]),
    })
    const job = join(folder, 'job')
    mkdirSync(job)
    const texts = Array.from({ length: 400 }, (_, at) => `text ${at % 300}`)
    for (let run = 0; run < 2; run++) {
      const model = await models.open(id, use(job))
      const replies = await Promise.all(texts.map((text) => model.chat(chatOf(text), never)))
      expect(replies.map(({ text }) => text)).toEqual(texts.map((text) => `about ${text}`))
      model.close()
    }
    expect(server.log.filter(({ paid }) => paid)).toHaveLength(300)
    expect(server.paidTwice()).toEqual([])
    expect(
      readFileSync(join(job, 'requests.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line.includes('"reply"')),
    ).toHaveLength(300)
  })
})

describe('vectors that are kept', () => {
  const vector = (...values: number[]) => Float32Array.from(values)

  test('have the hashes of their requests, and are read in any order and together', () => {
    const texts = ['', 'red fish', 'a "quoted" one\n', 'Ünïcode \ud800', '}']
    const hashOf = textHasher('http://localhost/v1', 'm "1"')
    const store = new VectorStore(folderOf('vectors'), 'http://localhost/v1', 'm "1"')
    for (const [at, text] of texts.entries()) {
      expect(hashOf(text)).toBe(requestHash('http://localhost/v1', 'm "1"', 'embedding', text))
      store.keep(hashOf(text), vector(at, -at))
    }
    const order = [1, 2, 3, 0, 4, 4, 2]
    expect([...store.read(order.map((at) => hashOf(texts[at]!)))]).toEqual(order.flatMap((at) => [at, -at]))
    expect(() => store.read([hashOf('nothing')])).toThrow(expect.objectContaining({ kind: 'internal' }))
    expect(store.find(hashOf('nothing'))).toBeNull()
    store.close()
  })

  test('are found after the program started anew, and a torn one is not', () => {
    const folder = folderOf('vectors')
    const first = new VectorStore(folder, 'http://localhost/v1', 'm')
    first.keep(hashes[0]!, vector(1, 2, 3))
    first.keep(hashes[1]!, vector(4, 5, 6))
    expect(() => first.keep(hashes[2]!, vector(1, 2))).toThrow(expect.objectContaining({ kind: 'llm-reply' }))
    // Another process, while the first is at work, reads what was there and keeps its own.
    const beside = new VectorStore(folder, 'http://localhost/v1', 'm')
    beside.keep(hashes[2]!, vector(7, 8, 9))
    beside.close()
    first.close()
    const again = new VectorStore(folder, 'http://localhost/v1', 'm')
    expect(hashes.map((hash) => [...(again.find(hash) ?? [])])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ])
    again.close()
    const other = new VectorStore(folder, 'http://localhost/v1', 'another')
    expect(other.find(hashes[0]!)).toBeNull()
    other.close()
  })

  test('come from the server once for each text, in the order of the texts', async () => {
    const { models, id, server, folder } = await bench({ embeddingDimensions: 8 })
    mkdirSync(join(folder, 'job'))
    const open = await models.openEmbeddings(id, use(join(folder, 'job')))
    const texts = ['red fish', 'blue fish', 'red fish']
    const [rows] = await Promise.all([open.embed(texts, never), open.embed(['blue fish'], never)])
    expect(rows).toEqual(texts.map((text) => Float32Array.from(embeddingOf(text, 8))))
    await open.embed([...texts, 'one fish'], never)
    expect(server.log.map(({ body }) => (body as { input: string[] }).input)).toEqual([
      ['red fish', 'blue fish'],
      ['one fish'],
    ])
    expect(open.spending()).toMatchObject({ calls: 2 })
    open.close()
  })

  test('are not asked for beyond those under way when the disk is full, and what was spent is written down', async () => {
    const { models, id, server, folder } = await bench({ embeddingDimensions: 8 })
    const job = join(folder, 'job')
    mkdirSync(job)
    const texts = Array.from({ length: 40 * 256 }, (_, at) => `text ${at}`)
    const keep = vi.spyOn(VectorStore.prototype, 'keep').mockImplementation(() => {
      throw new SnipError('disk-full', 'The disk is full')
    })
    const open = await models.openEmbeddings(id, use(job))
    await expect(open.embed(texts, never)).rejects.toMatchObject({ kind: 'disk-full' })
    keep.mockRestore()
    const sent = server.log.length
    expect(sent).toBeLessThan(20)
    expect(open.spending().calls).toBe(sent)
    open.close()
    const journal = new Journal(job, 1)
    expect(journal.meter.spending.promptTokens).toBeGreaterThan(0)
    journal.close()
    const free = vi.spyOn(VectorStore.prototype, 'checkRoom').mockImplementation(() => {
      throw new SnipError('disk-full', 'The disk is full')
    })
    const again = await models.openEmbeddings(id, use(job))
    await expect(again.embed(texts, never)).rejects.toMatchObject({ kind: 'disk-full' })
    free.mockRestore()
    expect(server.log).toHaveLength(sent)
    expect(await again.embed(texts.slice(0, 2), never)).toHaveLength(2)
    again.close()
  })

  test('know when the disk has no room for so many', () => {
    const store = new VectorStore(folderOf('vectors'), 'http://localhost/v1', 'm')
    store.checkRoom(1)
    expect(() => store.checkRoom(2 ** 40)).toThrow(expect.objectContaining({ kind: 'disk-full' }))
    store.close()
  })

  test('are refused by name when one is missing', async () => {
    const { models, id } = await bench({ behaviour: () => ({ kind: 'short-embeddings' }) })
    const open = await models.openEmbeddings(id, { purpose: 'a test', budget: null, journalFolder: null })
    await expect(open.embed(['a', 'b'], never)).rejects.toMatchObject({ kind: 'llm-reply' })
  })
})
