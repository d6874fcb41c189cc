import { mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { AnswerLimit, usualAnswerBytes } from '../../../src/main/services/language-models/answers/answer-limit.ts'
import { ReplyCache } from '../../../src/main/services/language-models/answers/reply-cache.ts'
import { bench, chatOf, folderOf, never } from './support.ts'

const hashOf = (number: number) => number.toString(16).padStart(2, '0').repeat(32)

/** A cache with a limit that a test sets, and the file of an answer in it. */
function cacheOf(limitBytes: number) {
  const folder = folderOf('answers')
  let limit = limitBytes
  const cache = new ReplyCache(folder, { read: () => limit, set: (bytes) => void (limit = bytes) })
  const fileOf = (number: number) => join(folder, hashOf(number).slice(0, 2), `${hashOf(number)}.json`)
  /** Keeps an answer as if so many seconds ago. */
  const keepAgo = async (number: number, seconds: number, length = 900) => {
    cache.keep(hashOf(number), 'x'.repeat(length))
    const then = Date.now() / 1000 - seconds
    utimesSync(fileOf(number), then, then)
    await cache.settled()
  }
  return { folder, cache, fileOf, keepAgo }
}

describe('the answers that are kept', () => {
  test('take at most what they may: the oldest go, whatever the order in which they came', async () => {
    const { cache, fileOf, keepAgo } = cacheOf(10_000)
    for (const number of [3, 1, 4, 0, 2]) await keepAgo(number, 100 - number)
    const bytes = statSync(fileOf(0)).size
    expect(await cache.kept()).toEqual({ answers: 5, bytes: 5 * bytes, limitBytes: 10_000 })
    // Nine tenths of it are left, so that the next ones find room.
    expect(await cache.limitTo(4 * bytes)).toEqual({ answers: 3, bytes: 3 * bytes, limitBytes: 4 * bytes })
    expect([0, 1, 2, 3, 4].map((number) => cache.has(hashOf(number)))).toEqual([false, false, true, true, true])
    await keepAgo(5, 1)
    await keepAgo(6, 0)
    expect((await cache.kept()).bytes).toBeLessThanOrEqual(4 * bytes)
    expect([2, 3, 4, 5, 6].map((number) => cache.has(hashOf(number)))).toEqual([false, false, true, true, true])
    expect(cache.find(hashOf(6))).toBe('x'.repeat(900))
  })

  test('hold the limit also against what another program adds', async () => {
    const { folder, cache, keepAgo } = cacheOf(20_000)
    await keepAgo(0, 100)
    const other = new ReplyCache(folder, { read: () => 1e9, set: () => {} })
    for (let number = 1; number < 30; number++) other.keep(hashOf(number), 'y'.repeat(900))
    await other.settled()
    // A sixteenth of the limit later it is counted anew.
    await keepAgo(40, 0)
    await keepAgo(41, 0)
    expect((await cache.kept()).bytes).toBeLessThanOrEqual(18_000)
    expect([cache.has(hashOf(0)), cache.has(hashOf(41))]).toEqual([false, true])
  })

  test('are deleted alone: what else lies there stays, and no link is followed', async () => {
    const { folder, cache, fileOf, keepAgo } = cacheOf(1e9)
    await keepAgo(1, 0)
    const elsewhere = folderOf('elsewhere')
    writeFileSync(join(elsewhere, 'mine.json'), 'mine')
    mkdirSync(join(folder, 'aa'))
    symlinkSync(join(elsewhere, 'mine.json'), join(folder, 'aa', `${'aa'.repeat(32)}.json`))
    writeFileSync(join(folder, 'aa', 'notes.txt'), 'mine')
    // One that a program was writing when it was killed, and one that is being written.
    writeFileSync(`${fileOf(1)}.111`, '{')
    utimesSync(`${fileOf(1)}.111`, 1, 1)
    writeFileSync(`${fileOf(1)}.222`, '{')
    expect(await cache.clear()).toMatchObject({ answers: 1 })
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'))
    expect(left.toSorted()).toEqual(
      [join('01', `${hashOf(1)}.json.222`), join('aa', `${'aa'.repeat(32)}.json`), join('aa', 'notes.txt')].toSorted(),
    )
    expect(readdirSync(elsewhere)).toEqual(['mine.json'])
    await keepAgo(1, 0)
    expect(cache.has(hashOf(1))).toBe(true)
  })

  test('are cleared only while no language model is at work here; a job that goes on has its own', async () => {
    const { models, id, server, folder } = await bench()
    mkdirSync(join(folder, 'job'))
    const use = { purpose: 'explaining neurons', budget: null, journalFolder: join(folder, 'job') }
    const ask = async (text: string, journalFolder: string | null = use.journalFolder) => {
      const model = await models.open(id, { ...use, journalFolder })
      await model.chat(chatOf(text), never)
      return model
    }
    const first = await ask('one')
    ;(await ask('two')).close()
    expect(await models.answers()).toMatchObject({ answers: 2, limitBytes: usualAnswerBytes })
    await expect(models.clearAnswers()).rejects.toMatchObject({
      kind: 'busy',
      message: 'Language models are at work: explaining neurons',
    })
    expect((await models.answers()).answers).toBe(2)
    first.close()
    const { bytes } = await models.answers()
    expect(await models.clearAnswers()).toEqual({ answers: 2, bytes })
    expect(await models.answers()).toMatchObject({ answers: 0, bytes: 0 })
    ;(await ask('one')).close()
    expect(server.log).toHaveLength(2)
    ;(await ask('one', null)).close()
    expect(server.log).toHaveLength(3)
  })

  test('have a limit that outlives the program; a damaged one is the usual one', () => {
    const folder = folderOf('limit')
    expect(new AnswerLimit(join(folder, 'data')).read()).toBe(usualAnswerBytes)
    new AnswerLimit(join(folder, 'data')).set(2_000_000)
    expect(new AnswerLimit(join(folder, 'data')).read()).toBe(2_000_000)
    for (const text of ['{', '[]', '{"version":1,"limitBytes":-1}', '{"version":1,"limitBytes":5}']) {
      writeFileSync(join(folder, 'data', 'answers.json'), text)
      expect(new AnswerLimit(join(folder, 'data')).read()).toBe(usualAnswerBytes)
    }
  })
})
