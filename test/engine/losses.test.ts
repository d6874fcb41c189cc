import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plan } from '../../src/contract/files.ts'
import { decodeFloat32 } from '../../src/main/engine-host/client/bulk.ts'
import { makeGpt2 } from '../support/models/gpt2.ts'
import { expectFailure, failureOf, largestDifference, planOf, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { doneOf, readStream, startHost, type TestHost } from './host.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('losses')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

interface Request {
  readonly documents: { text: string; row?: number }[]
  readonly window: number
  readonly keepShort?: boolean
  readonly plan?: Plan | null
  readonly ranks?: boolean
}

async function lossesOf(handle: string, { documents, window, keepShort = false, plan = null, ranks = false }: Request) {
  const made = await host.client.corpus({ handle, documents, keepShort, window, tokens: null })
  const done = await doneOf(host.client.losses({ handle, corpus: made.corpus, plan, ranks }))
  const table = (base64: string): Float32Array[] => {
    const values = decodeFloat32(base64)
    expect(values).toHaveLength(made.windows * (window - 1))
    return Array.from({ length: made.windows }, (_, w) => values.subarray(w * (window - 1), (w + 1) * (window - 1)))
  }
  return { windows: made.windows, losses: table(done.losses), ranks: done.ranks === null ? null : table(done.ranks) }
}

/** The windows that the documents are cut into. */
async function windowsOf(handle: string, { documents, window, keepShort = false }: Request): Promise<number[][]> {
  const windows: number[][] = []
  for (const { text } of documents) {
    const { ids } = await host.client.encode({ handle, text, specialTokens: false })
    for (let start = 0; start < ids.length; start += window) {
      const part = ids.slice(start, start + window)
      if (part.length === window || (keepShort && part.length >= 2)) windows.push(part)
    }
  }
  return windows
}

const removed = planOf(['mlp:0:1', 'mlp:1:30', 'attention:0:2', 'attention:1:23'])

describe.each(['gpt2-f16', 'llama-grouped-tied'])('losses of a corpus (%s)', (name) => {
  const { checkpoint } = writeCase(work, name)
  let handle: string

  beforeAll(async () => {
    handle = (await openHandle(host, checkpoint.directory)).handle
  })

  test.each([
    ['the whole model', null],
    ['a pruned model', removed],
  ])('of %s are the negative log-probabilities of each window alone', async (_, plan) => {
    const request = { documents: [{ text: randomText(1, 120) }, { text: randomText(2, 90) }], window: 20, plan }
    const { losses, ranks } = await lossesOf(handle, request)
    expect(ranks).toBeNull()
    const windows = await windowsOf(handle, request)
    expect(losses).toHaveLength(windows.length)
    expect(windows.length).toBeGreaterThan(20)
    for (const [w, ids] of windows.entries()) {
      const { logprobs } = await host.client.logprobs({ handle, ids, plan })
      const negative = logprobs.map((logprob) => -logprob)
      expect(largestDifference(losses[w]!, negative)).toBeLessThan(1e-5)
    }
  })

  test('come with ranks: how many logits are larger than the next token’s', async () => {
    const request = { documents: [{ text: randomText(3, 40) }], window: 16, plan: removed, ranks: true }
    const { losses, ranks } = await lossesOf(handle, request)
    const without = await lossesOf(handle, { ...request, ranks: false })
    const windows = await windowsOf(handle, request)
    expect(ranks).toHaveLength(windows.length)
    for (const [w, ids] of windows.entries()) {
      expect(largestDifference(losses[w]!, without.losses[w]!)).toBeLessThan(1e-5)
      for (let position = 0; position + 1 < ids.length; position++) {
        const prefix = ids.slice(0, position + 1)
        const answer = await host.client.logprobs({ handle, ids: prefix, plan: removed })
        const logits = decodeFloat32(answer.lastLogits)
        const target = logits[ids[position + 1]!]!
        // Logits computed for another length may differ in their last bits, and so may near ties.
        const above = (margin: number): number => logits.filter((logit) => logit > target + margin).length
        expect(ranks![w]![position]).toBeGreaterThanOrEqual(above(1e-4))
        expect(ranks![w]![position]).toBeLessThanOrEqual(above(-1e-4))
      }
    }
    expect(new Set(ranks!.flatMap((row) => [...row])).size).toBeGreaterThan(10)
  })

  test('are NaN where a short window is padded, and nowhere else', async () => {
    const lengths = [2, 24, 7, 1, 13, 24]
    const text = randomText(5, 60)
    const { ids } = await host.client.encode({ handle, text, specialTokens: false })
    const documents: { text: string; row: number }[] = []
    for (const [row, length] of lengths.entries()) {
      // Decoded tokens may be read as fewer: count what comes back.
      const decoded = await host.client.decode({ handle, ids: ids.slice(0, length), skipSpecialTokens: false })
      documents.push({ text: decoded.text, row })
    }
    const request = { documents, window: 24, keepShort: true, ranks: true }
    const windows = await windowsOf(handle, request)
    expect(new Set(windows.map((window) => window.length)).size).toBeGreaterThan(3)
    const { losses, ranks } = await lossesOf(handle, request)
    expect(losses).toHaveLength(windows.length)
    for (const [w, window] of windows.entries()) {
      const { logprobs } = await host.client.logprobs({ handle, ids: window, plan: null })
      for (let position = 0; position < 23; position++) {
        const padded = position + 1 >= window.length
        const loss = losses[w]![position]!
        expect(Number.isNaN(loss)).toBe(padded)
        expect(padded ? 0 : Math.abs(loss + logprobs[position]!)).toBeLessThan(1e-5)
        expect(Number.isNaN(ranks![w]![position]!)).toBe(padded)
      }
    }
  })
})

describe('losses', () => {
  test('are the same whether windows run alone or many at a time', async () => {
    const { directory } = makeGpt2(join(work, 'batches'), { seed: 8 })
    const { handle } = await openHandle(host, directory)
    const texts = Array.from({ length: 40 }, (_, i) => randomText(50 + i, 30))
    const together = await lossesOf(handle, { documents: texts.map((text) => ({ text })), window: 24 })
    const alone: Float32Array[] = []
    for (const text of texts) alone.push(...(await lossesOf(handle, { documents: [{ text }], window: 24 })).losses)
    expect(alone).toHaveLength(together.windows)
    for (const [w, losses] of together.losses.entries()) expect(largestDifference(losses, alone[w]!)).toBeLessThan(1e-6)
  })

  test('tell how far they are, the last time that they are done', async () => {
    const { directory } = makeGpt2(join(work, 'progress'))
    const { handle } = await openHandle(host, directory)
    const documents = [{ text: randomText(7, 6000) }]
    const { corpus, windows } = await host.client.corpus({
      handle,
      documents,
      keepShort: false,
      window: 32,
      tokens: null,
    })
    const { events } = await readStream(host.client.losses({ handle, corpus, plan: null, ranks: false }))
    expect(events.length).toBeGreaterThan(0)
    const done = events.map((event) => event.done)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(events.at(-1)).toEqual({ kind: 'progress', done: windows, total: windows, unit: 'windows' })
  })

  test('stop within a batch when they are cancelled, and the next call is answered', async () => {
    const { directory } = makeGpt2(join(work, 'cancelled'), { width: 96, layers: 4, context: 64 })
    const { handle } = await openHandle(host, directory)
    const documents = [{ text: randomText(7, 9000) }]
    const made = await host.client.corpus({ handle, documents, keepShort: false, window: 64, tokens: null })
    const input = { handle, corpus: made.corpus, plan: null, ranks: false }
    const stop = new AbortController()
    let seen = 0
    const started = performance.now()
    const error = await failureOf(async () => {
      for await (const event of await host.client.losses(input, { signal: stop.signal })) {
        if (event.kind === 'progress') seen = event.done
        stop.abort()
      }
    })
    expect(error).toMatchObject({ kind: 'cancelled' })
    await host.client.encode({ handle, text: 'and', specialTokens: false })
    const cancelledAfter = performance.now() - started
    expect(seen).toBeLessThan(made.windows / 4)
    const whole = performance.now()
    await doneOf(host.client.losses(input))
    expect(cancelledAfter).toBeLessThan((performance.now() - whole) / 2)
  })

  test('refuse a plan for another model, and handles that are not there', async () => {
    const { directory } = makeGpt2(join(work, 'refused'))
    const { handle } = await openHandle(host, directory)
    const request = { documents: [{ text: randomText(1, 30) }], window: 16 }
    const call = () => lossesOf(handle, { ...request, plan: planOf(['mlp:2:0']) })
    await expectFailure(call, 'bad-plan', 'mlp:2:0', "site 'mlp' has layers 0 to 1")
    const none = () => doneOf(host.client.losses({ handle, corpus: 'corpus-99', plan: null, ranks: false }))
    await expectFailure(none, 'not-found', 'corpus-99')
    await host.client.close({ handle })
    await expectFailure(() => lossesOf(handle, request), 'not-found', handle)
  })
})
