import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectFailure, scratchFolder } from './expectations.ts'
import { openHandle, writeCase } from './families.ts'
import { doneOf, startHost, type TestHost } from './host.ts'
import { randomText } from './texts.ts'

const work = scratchFolder('shared-engine')
let host: TestHost

beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const corpusOf = (handle: string, text: string, window = 8) =>
  host.client.corpus({ handle, documents: [{ text }], keepShort: false, window, tokens: null })

describe('what the engine keeps for a piece of work', () => {
  test('is forgotten when told so, and telling it twice is no failure', async () => {
    const { handle } = await openHandle(host, writeCase(work, 'gpt2-f32').checkpoint.directory)
    const { corpus } = await corpusOf(handle, randomText(1, 64))
    await doneOf(host.client.losses({ handle, corpus, plan: null, ranks: false }))
    await host.client.closeCorpus({ handle, corpus })
    await host.client.closeCorpus({ handle, corpus })
    await expectFailure(
      () => doneOf(host.client.losses({ handle, corpus, plan: null, ranks: false })),
      'not-found',
      corpus,
    )

    const question = [{ text: 'ab', choiceStart: 1, choiceEnd: 2 }]
    const { set } = await host.client.clozeSet({ handle, questions: [question] })
    await doneOf(host.client.clozeLosses({ handle, set, plan: null }))
    await host.client.closeClozeSet({ handle, set })
    await host.client.closeClozeSet({ handle, set })
    await expectFailure(() => doneOf(host.client.clozeLosses({ handle, set, plan: null })), 'not-found', set)
  })
})

describe('a page read while a recording runs', () => {
  test('is answered between two batches: the recording goes on after it and ends whole', async () => {
    const { handle } = await openHandle(host, writeCase(work, 'gpt2-sharded-exact-gelu').checkpoint.directory)
    const directory = join(work, 'recording')
    mkdirSync(directory)
    const { corpus, windows } = await corpusOf(handle, randomText(2, 60_000))
    const stream = await host.client.record({ handle, corpus, directory, sites: ['mlp', 'attention'], seed: 1 })
    let answeredAt = -1
    let reached = 0
    const reads: Promise<void>[] = []
    const read = async () => {
      await host.client.decode({ handle, ids: [1, 2], skipSpecialTokens: false })
      await host.client.activations({ handle, windows: [[1, 2, 3]], neurons: ['mlp:0:1'] })
      await host.client.promotedTokens({ handle, neuron: 'mlp:0:1', count: 3 })
      answeredAt = reached
    }
    for await (const event of stream) {
      if (event.kind === 'done') break
      reached = event.done
      if (reads.length === 0) reads.push(read())
    }
    await Promise.all(reads)
    expect(reached).toBe(windows)
    expect(answeredAt).toBeGreaterThan(0)
    expect(answeredAt).toBeLessThan(windows)
  })
})
