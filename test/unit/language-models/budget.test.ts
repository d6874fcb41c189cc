import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BudgetMeter, type Charge } from '../../../src/main/services/language-models/budget/budget-meter.ts'
import { loadTokenCounter } from '../../../src/main/services/language-models/budget/token-counter.ts'
import type { Budget } from '../../../src/main/services/language-models/index.ts'
import { bench, chatOf, never } from './support.ts'

const price = { model: 'test-model', inputPerMillion: 100, outputPerMillion: 1000 }

describe('tokens', () => {
  test("are counted as the model does, and the count says whether it is the model's own", async () => {
    const newer = await loadTokenCounter('gpt-4o-mini')
    expect([newer.name, newer.exact, newer.text('hello world')]).toEqual(['o200k_base', true, 2])
    const older = await loadTokenCounter('gpt-4')
    expect([older.name, older.exact, older.text('<|endoftext|>')]).toEqual(['cl100k_base', true, 7])
    const other = await loadTokenCounter('llama3.1:8b')
    expect([other.name, other.exact, other.chat(chatOf('hello world'))]).toEqual(['o200k_base', false, 9])
  })

  test('of a text without spaces do not take for ever', async () => {
    const counter = await loadTokenCounter('gpt-4o')
    expect(counter.text('x'.repeat(100_000))).toBe(12_500)
  })
})

describe('a cap', () => {
  test('is never passed by requests under way together, and what is spent outlasts the program', async () => {
    const { models, id, server, folder, again } = await bench({ model: { chat: () => 'one two three' }, delayMs: 5 })
    models.setPrice(price)
    const job = join(folder, 'job')
    mkdirSync(job)
    const budget = { maxCost: 0.2, maxTokens: null }
    const use = { purpose: 'a test', budget, journalFolder: job }
    const model = await models.open(id, use)
    const ended = await Promise.allSettled(
      Array.from({ length: 100 }, (_, at) => model.chat(chatOf(`text ${at}`), never)),
    )
    const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
    const paid = server.log.length
    expect(paid).toBeGreaterThan(30)
    expect(refused).toHaveLength(100 - paid)
    expect(refused[0]).toMatchObject({
      kind: 'budget',
      message: expect.stringMatching(/^The cap of \$0.2 is reached: \$0.1\d+ is spent/),
    })
    const { cost } = model.spending()
    expect(cost).toBeLessThanOrEqual(0.2)
    model.close()
    const resumed = await again().open(id, use)
    expect(resumed.spending().cost).toBeCloseTo(cost!, 10)
    await expect(resumed.chat(chatOf('one more'), never)).rejects.toMatchObject({ kind: 'budget' })
    expect(server.log).toHaveLength(paid)
    resumed.close()
  })

  test('in money needs a price; in tokens it does not', async () => {
    const { models } = await bench()
    const draft = {
      name: 'x',
      baseUrl: 'https://models.example/v1',
      chatModel: 'm',
      embeddingModel: null,
      concurrency: 1,
      plainHttpAllowed: false,
    }
    const id = models.addTransient(draft)
    const use = { purpose: 'a test', journalFolder: null }
    await expect(models.open(id, { ...use, budget: { maxCost: 1, maxTokens: null } })).rejects.toMatchObject({
      kind: 'budget',
      message: expect.stringContaining('price'),
    })
    const open = await models.open(id, { ...use, budget: { maxCost: null, maxTokens: 10 } })
    await expect(open.chat(chatOf('dogs'), never)).rejects.toMatchObject({
      kind: 'budget',
      message: expect.stringContaining('cap of 10 tokens'),
    })
  })

  test.each<[name: string, said: number, promptTokens: number, completionTokens: number]>([
    // What we count ourselves.
    ['nothing', 0, 208, 3],
    ['less than nothing', -5, 208, 3],
    ['half a token', 208.5, 208, 3],
    // What it may well have taken: a prompt of its own, reasoning that it does not show.
    ['more than was reserved', 5000, 5000, 5000],
    // What no server takes: as much as was reserved.
    ['a million', 1_000_000, 448, 20],
    ['the largest number there is', Number.MAX_SAFE_INTEGER, 448, 20],
    // No number of tokens at all.
    ['more than that', 1e300, 208, 3],
  ])('of a server that claims %s counts what can be true', async (_name, said, promptTokens, completionTokens) => {
    const { models, id } = await bench({
      model: { chat: () => 'one two three' },
      behaviour: () => ({ kind: 'lying-usage', promptTokens: said, completionTokens: said }),
    })
    const model = await models.open(id, { purpose: 'a test', budget: null, journalFolder: null })
    await model.chat(chatOf('hello world '.repeat(100)), never)
    expect(model.spending()).toMatchObject({ promptTokens, completionTokens })
  })

  test.each<[name: string, budget: Budget, sent: number]>([
    // A request is thought to take 50 + 20 tokens and takes 50 + 5000: $5.005 at the prices above.
    ['in money', { maxCost: 60, maxTokens: null }, 11],
    ['in tokens', { maxCost: null, maxTokens: 60_000 }, 11],
    ['in money that one request takes', { maxCost: 0.05, maxTokens: null }, 1],
    ['in tokens that one request takes', { maxCost: null, maxTokens: 500 }, 1],
  ])(
    '%s holds with 50 under way against a server that takes far more than it was asked to',
    async (_name, budget, sent) => {
      const { models, id, server } = await bench(
        { behaviour: () => ({ kind: 'lying-usage', promptTokens: 50, completionTokens: 5000 }), delayMs: 5 },
        { concurrency: 50 },
      )
      models.setPrice(price)
      const warnings: string[] = []
      const warn = (sentence: string) => void warnings.push(sentence)
      const model = await models.open(id, { purpose: 'a test', budget, journalFolder: null, warn })
      const asked = Array.from({ length: 120 }, (_, at) => model.chat(chatOf(`text ${at}`), never))
      const ended = await Promise.allSettled(asked)
      const refused = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))
      expect(server.log).toHaveLength(sent)
      expect(model.spending()).toMatchObject({ calls: sent, promptTokens: 50 * sent, completionTokens: 5000 * sent })
      expect(refused).toHaveLength(120 - sent)
      for (const one of refused) expect(one).toMatchObject({ kind: 'budget' })
      expect(warnings).toEqual([
        expect.stringMatching(
          /^127\.0\.0\.1:\d+ says that one request took 5050 tokens, where it was to take at most [67]\d/,
        ),
      ])
    },
  )

  test('without a cap warns of such a server, too, and goes on', async () => {
    const { models, id, server } = await bench({
      behaviour: () => ({ kind: 'lying-usage', promptTokens: 50, completionTokens: 5000 }),
    })
    const warnings: string[] = []
    const warn = (sentence: string) => void warnings.push(sentence)
    const model = await models.open(id, { purpose: 'a test', budget: null, journalFolder: null, warn })
    await Promise.all(Array.from({ length: 20 }, (_, at) => model.chat(chatOf(`text ${at}`), never)))
    expect([server.log.length, warnings.length]).toEqual([20, 1])
  })

  test('is warned of by an embedding model and by batches, too, and a batch is expected to take as much more', async () => {
    const lie = { kind: 'lying-usage', promptTokens: 5000, completionTokens: 0 } as const
    const { models, id, folder } = await bench({ behaviour: () => lie, batchMisbehaviour: lie })
    const warnings: string[] = []
    const warn = (sentence: string) => void warnings.push(sentence)
    const use = { purpose: 'a test', budget: null, warn }
    const embeddings = await models.openEmbeddings(id, { ...use, journalFolder: null })
    await embeddings.embed(['a', 'b'], never)
    const told = /^127\.0\.0\.1:\d+ says that one request took 500[04] tokens/
    expect(warnings.splice(0)).toEqual([expect.stringMatching(told)])
    const job = { ...use, budget: { maxCost: null, maxTokens: 18_000 }, journalFolder: join(folder, 'job') }
    mkdirSync(job.journalFolder)
    const open = await models.open(id, job)
    const task = { signal: never, report: () => {}, goesOnLater: () => false, say: () => {} }
    const hand = (texts: readonly string[]) =>
      models.answerInBatches(
        id,
        texts.map((text) => chatOf(text)),
        job,
        task,
      )
    expect(await hand(['c', 'd'])).toMatchObject({ answered: 2 })
    expect(warnings).toEqual([expect.stringMatching(told)])
    // 10,000 are spent, and two more are expected to take as many.
    await expect(hand(['e', 'f'])).rejects.toMatchObject({ kind: 'budget' })
    open.close()
  })

  test('counts requests that a server may charge for although no answer came', async () => {
    const { models, id } = await bench({ behaviour: ({ repetition }) => (repetition === 0 ? { kind: 'cut' } : null) })
    const model = await models.open(id, { purpose: 'a test', budget: null, journalFolder: null })
    await model.chat(chatOf('hello world'), never)
    const { calls, promptTokens, completionTokens } = model.spending()
    // 9 tokens as we count them, up to 50 as the server may; 20 of an answer and 4 of the one that came.
    expect([calls, promptTokens, completionTokens]).toEqual([1, 50 + 9, 20 + 4])
  })

  test('lets one request go ahead until a server has said what one takes, then as many as there is room for', async () => {
    const meter = new BudgetMeter()
    meter.budget = { maxCost: null, maxTokens: 1000 }
    const most = { promptTokens: 30, completionTokens: 30, cost: null }
    let entered = 0
    const enter = () => void entered++
    for (let at = 0; at < 9; at++) meter.reserve(most, never).then(enter, () => {})
    const settled = async (spent: Charge | null) => {
      meter.settle(most, spent)
      await new Promise(setImmediate)
      return entered
    }
    // It failed; then it was charged in full, because nobody knows; then it took 200.
    expect(await settled(null)).toBe(2)
    expect(await settled(most)).toBe(3)
    // 260 are spent: there is room for 740, which are 3 of 200.
    expect(await settled({ promptTokens: 30, completionTokens: 170, cost: null })).toBe(6)
  })

  test('lets a waiting request go when another cost less than was feared', async () => {
    const meter = new BudgetMeter()
    meter.budget = { maxCost: null, maxTokens: 100 }
    const most = { promptTokens: 30, completionTokens: 30, cost: null }
    await meter.reserve(most, never)
    const second = meter.reserve(most, never)
    meter.settle(most, { promptTokens: 20, completionTokens: 10, cost: null })
    await second
    const third = meter.reserve(most, never)
    meter.settle(most, most)
    await expect(third).rejects.toMatchObject({ kind: 'budget' })
    expect(meter.spending).toMatchObject({ promptTokens: 50, completionTokens: 40 })
  })
})

describe('an estimate', () => {
  test('counts what is not answered yet, and sends nothing', async () => {
    const { models, id, server } = await bench({ model: { chat: () => 'yes' } })
    models.setPrice(price)
    const model = await models.open(id, { purpose: 'a test', budget: null, journalFolder: null })
    await model.chat(chatOf('hello world'), never)
    const texts = ['hello world', 'hello there', 'hello there', 'good night']
    const estimate = await models.estimate(
      id,
      texts.map((text) => ({ kind: 'chat' as const, request: chatOf(text) })),
    )
    expect(estimate).toMatchObject({
      host: new URL(server.baseUrl).host,
      model: 'test-model',
      calls: 2,
      answered: 1,
      promptTokens: 18,
      mostCompletionTokens: 40,
      tokenizer: { name: 'o200k_base', exact: false },
      mostCost: (18 * 100 + 40 * 1000) / 1e6,
    })
    expect(estimate.seconds).toBeGreaterThan(0)
    expect(server.log).toHaveLength(1)
  })

  test('knows the price lists of others for their own host alone', async () => {
    const { models } = await bench()
    const draft = { name: 'x', embeddingModel: null, concurrency: 1, plainHttpAllowed: false }
    const costAt = async (baseUrl: string, chatModel: string) => {
      const id = models.addTransient({ ...draft, baseUrl, chatModel })
      return (await models.estimate(id, [{ kind: 'chat', request: chatOf('a', { maxTokens: 1_000_000 }) }])).mostCost
    }
    expect(await costAt('https://api.openai.com/v1', 'gpt-4o-mini-2024-07-18')).toBeCloseTo(0.6, 4)
    expect(await costAt('https://models.example/v1', 'gpt-4o-mini')).toBeNull()
    expect(await costAt('http://localhost:11434/v1', 'gpt-4o-mini')).toBe(0)
  })
})
