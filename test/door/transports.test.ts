import { createORPCClient } from '@orpc/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Connection } from '../../src/renderer/rpc/connection.ts'
import { failureOf, isConnectionLoss } from '../../src/renderer/rpc/failures.ts'
import type { WorkbenchClient } from '../../src/renderer/rpc/rpc.ts'
import { columnOf } from '../support/door-router.ts'
import { transports, type TestChannel } from '../support/door-transports.ts'

const none = { kind: 'none' } as const
const settings = { maxNewTokens: 10, temperature: 0, topK: null, topP: null, seed: 1 }

async function thrownBy(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('Nothing was thrown')
}

describe.each(transports)('over $name', ({ open }) => {
  let channel: TestChannel
  let connection: Connection
  let client: WorkbenchClient

  beforeEach(async () => {
    channel = await open()
    connection = new Connection({ open: async () => channel, upload: null })
    client = createORPCClient(connection)
    connection.start()
  })
  afterEach(async () => {
    connection.stop()
    await channel.end()
  })

  test('a plain call brings text of every kind back as it was', async () => {
    const text = 'sand \u{1f3d6}\u{fe0f} שלום e\u0301 \0 \n"\\'
    const { ids, pieces } = await client.model.tokens({ text })
    expect(pieces.join('')).toBe(text)
    expect(ids[5]).toBe(0x1f3d6)
  })

  test('a million characters arrive whole', async () => {
    const text = 'sand '.repeat(200_000)
    const { ids, spans } = await client.model.tokens({ text })
    expect(ids.length).toBe(1_000_000)
    expect(spans).toEqual([[0, 1_000_000]])
  })

  test('a failure keeps its kind, sentence, remedy and detail', async () => {
    const error = await thrownBy(client.datasets.remove({ id: 'd1' }))
    expect(failureOf(error)).toEqual({
      kind: 'busy',
      message: 'The data set "Sand" is in use',
      remedy: 'Wait for the job.',
      detail: 'lock 17',
    })
    expect(isConnectionLoss(error)).toBe(false)
  })

  test('input that the contract forbids is refused with a sentence, and the channel stays', async () => {
    const error = await thrownBy(client.model.tokens({ text: 'a'.repeat(1_000_001) }))
    expect(failureOf(error).kind).toBe('bad-argument')
    expect((await client.model.tokens({ text: 'ab' })).ids).toEqual([97, 98])
  })

  test('a stream gives all its events in order', async () => {
    const kinds: string[] = []
    for await (const event of await client.model.generate({ prompt: 'abc', settings, plan: none })) {
      kinds.push(event.kind === 'token' ? event.text : `${event.text} ${event.tokens}`)
    }
    expect(kinds).toEqual(['0', '1', '2', 'abc 3'])
  })

  test('a failure in the middle of a stream keeps its kind and remedy', async () => {
    const stream = await client.compare.generate({ prompt: 'a', settings, plan: none })
    const texts: string[] = []
    const error = await thrownBy(
      (async () => {
        for await (const event of stream) if (event.kind === 'token') texts.push(event.text)
      })(),
    )
    expect(texts).toEqual(['first'])
    expect(failureOf(error)).toMatchObject({ kind: 'host-died', remedy: 'Start it again.' })
  })

  test('giving up a call aborts it on the other side', async () => {
    const cancel = new AbortController()
    const call = client.model.unload(undefined, { signal: cancel.signal })
    // The calls arrive in order: when the second is answered, the first is under way.
    await client.model.tokens({ text: 'a' })
    expect(channel.counts().aborts).toBe(0)
    cancel.abort()
    expect(failureOf(await thrownBy(call)).kind).toBe('cancelled')
    await expect.poll(() => channel.counts().aborts).toBe(1)
  })

  test('leaving a stream early ends it on the other side', async () => {
    let seen = 0
    for await (const event of await client.model.generate({ prompt: 'endless', settings, plan: none })) {
      if (event.kind === 'token' && ++seen === 3) break
    }
    expect(seen).toBe(3)
    await expect.poll(() => channel.counts().aborts).toBe(1)
  })

  test('giving up a stream by its signal ends it on the other side', async () => {
    const cancel = new AbortController()
    const stream = await client.model.generate({ prompt: 'endless', settings, plan: none }, { signal: cancel.signal })
    await stream.next()
    cancel.abort()
    expect(failureOf(await thrownBy(drain(stream))).kind).toBe('cancelled')
    await expect.poll(() => channel.counts().aborts).toBe(1)
  })

  test('columns of 100,000 numbers arrive bit for bit', async () => {
    const table = await client.neurons.table()
    const sent = new Uint32Array(columnOf(100_000).buffer)
    const names = ['freq', 'conceptScore'] as const
    for (const name of names) {
      const received = new Uint32Array(await table!.columns[name].arrayBuffer())
      expect(received.length).toBe(100_000)
      expect(received.findIndex((bits, row) => bits !== sent[row])).toBe(-1)
    }
    const codes = new Uint8Array(await table!.columns.status.arrayBuffer())
    expect([codes.length, codes[250], codes[251], codes[99_999]]).toEqual([100_000, 250, 0, 99_999 % 251])
    expect(JSON.parse(await table!.concepts.text())).toEqual(['fires on \u{1f3d6} sand', '', 'שלום'])
  })

  test('200 calls at once get each its own answer', async () => {
    const texts = Array.from({ length: 200 }, (_, at) => `text ${at}`)
    const answers = await Promise.all(texts.map((text) => client.model.tokens({ text })))
    expect(answers.map(({ pieces }) => pieces.join(''))).toEqual(texts)
  })

  test('closing rejects pending calls and streams as a lost connection, and aborts them on the other side', async () => {
    const call = client.model.unload()
    const stream = await client.model.generate({ prompt: 'endless', settings, plan: none })
    await stream.next()
    const failed = Promise.all([thrownBy(call), thrownBy(drain(stream))])
    channel.close()
    const errors = await failed
    expect(errors.map(isConnectionLoss)).toEqual([true, true])
    expect(failureOf(errors[0]).remedy).toContain('by itself')
    await expect.poll(() => channel.counts().aborts).toBe(2)
  })
})

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const event of stream) void event
}
