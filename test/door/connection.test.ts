import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryObserver } from '@tanstack/react-query'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { WorkbenchEvent } from '../../src/contract/workbench/events.ts'
import type { BrowserDoor } from '../../src/main/server/browser-door.ts'
import { ChannelRefused } from '../../src/renderer/rpc/channel.ts'
import type { ConnectionState } from '../../src/renderer/rpc/connection.ts'
import { failureOf, isConnectionLoss } from '../../src/renderer/rpc/failures.ts'
import { createRpc, type Rpc } from '../../src/renderer/rpc/rpc.ts'
import { doorRouter, type Counts } from '../support/door-router.ts'
import { socketChannelTo, testDoor } from '../support/door-transports.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-connection-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a page whose connection breaks', () => {
  let counts: Counts
  let door: BrowserDoor | null
  let known: boolean
  let rpc: Rpc
  let states: ConnectionState[]
  let events: WorkbenchEvent[]

  const openDoor = async () => (door = await testDoor({ uploadFolder: folder, router: doorRouter(counts) }))
  const closeDoor = async () => {
    await door?.close()
    door = null
  }

  beforeEach(async () => {
    counts = { aborts: 0, writes: 0, watches: 0 }
    known = true
    states = []
    events = []
    await openDoor()
    rpc = createRpc({
      upload: null,
      async open() {
        if (!known) throw new ChannelRefused()
        if (door === null) throw new Error('Nobody listens')
        return socketChannelTo(door)
      },
    })
    rpc.connection.subscribe(() => states.push(rpc.connection.state))
    rpc.listen((event) => events.push(event))
    const heard = new Promise<void>((resolve) => rpc.listen(() => resolve()))
    rpc.start()
    await heard
  })
  afterEach(async () => {
    rpc.stop()
    rpc.queries.clear()
    await closeDoor()
  })

  test('connects again by itself, and hears hello again', async () => {
    expect(events).toEqual([{ kind: 'hello', process: 'test', revision: 1 }])
    await closeDoor()
    await expect.poll(() => rpc.connection.state, { timeout: 5000 }).toBe('lost')
    await openDoor()
    rpc.connection.retryNow()
    await expect.poll(() => events.length, { timeout: 10_000 }).toBe(2)
    expect(events[1]).toEqual({ kind: 'hello', process: 'test', revision: 2 })
    expect(states).toEqual(['connected', 'connecting', 'lost', 'connected'])
  })

  test('does a write once, and tells that its answer was lost', async () => {
    const write = rpc.client.compare.removePrompts({ ids: ['p1'] }).catch((error: unknown) => error)
    await expect.poll(() => counts.writes).toBe(1)
    await closeDoor()
    const error = await write
    expect(isConnectionLoss(error)).toBe(true)
    expect(failureOf(error).message).toBe('The connection to the workbench was lost')
    await openDoor()
    await expect.poll(() => events.length, { timeout: 10_000 }).toBe(2)
    await rpc.client.compare.addPrompts({ texts: ['a'] })
    expect(counts.writes).toBe(2)
  })

  test('refuses a write at once while it is lost', async () => {
    await closeDoor()
    await expect.poll(() => rpc.connection.state, { timeout: 5000 }).toBe('lost')
    const error = await rpc.client.compare.addPrompts({ texts: ['a'] }).catch((thrown: unknown) => thrown)
    expect(isConnectionLoss(error)).toBe(true)
    expect(counts.writes).toBe(0)
  })

  test('repeats a read that the loss broke off', async () => {
    const observer = new QueryObserver(rpc.queries, rpc.orpc.model.tokens.queryOptions({ input: { text: 'ab' } }))
    await closeDoor()
    const stop = observer.subscribe(() => {})
    await expect.poll(() => rpc.connection.state, { timeout: 5000 }).toBe('lost')
    await openDoor()
    await expect.poll(() => observer.getCurrentResult().data?.ids, { timeout: 10_000 }).toEqual([97, 98])
    stop()
  })

  test('asks for everything on screen again when it is back', async () => {
    const observer = new QueryObserver(rpc.queries, rpc.orpc.neurons.table.queryOptions())
    const stop = observer.subscribe(() => {})
    await expect.poll(() => observer.getCurrentResult().data?.rows, { timeout: 5000 }).toBe(100_000)
    const first = observer.getCurrentResult().dataUpdatedAt
    await closeDoor()
    await openDoor()
    await expect.poll(() => observer.getCurrentResult().dataUpdatedAt, { timeout: 10_000 }).toBeGreaterThan(first)
    stop()
  })

  test('gives up where the workbench does not know it, and says what to do', async () => {
    known = false
    await closeDoor()
    await expect.poll(() => rpc.connection.state, { timeout: 5000 }).toBe('refused')
    const read = rpc.orpc.model.tokens.queryOptions({ input: { text: 'a' } })
    const observer = new QueryObserver(rpc.queries, read)
    const stop = observer.subscribe(() => {})
    await expect.poll(() => observer.getCurrentResult().status).toBe('error')
    stop()
    expect(failureOf(observer.getCurrentResult().error)).toEqual({
      kind: 'connection-lost',
      message: 'The workbench does not know this page',
      remedy: 'Open the address that snip serve printed; every start of it makes a new one.',
    })
  })

  test('gives a call up that waits for the connection', async () => {
    known = true
    const cancel = new AbortController()
    const waiting = createRpc({ upload: null, open: () => new Promise(() => {}) })
    const call = waiting.client.model
      .tokens({ text: 'a' }, { signal: cancel.signal })
      .catch((thrown: unknown) => thrown)
    cancel.abort()
    expect(failureOf(await call).kind).toBe('cancelled')
  })
})
