import { afterEach, describe, expect, test } from 'vitest'
import type { WorkbenchEvent } from '../../../src/contract/workbench/events.ts'
import type { Job } from '../../../src/contract/workbench/jobs.ts'
import { LiveEventHub } from '../../../src/main/services/events/live-event-hub.ts'

const hubs: LiveEventHub[] = []
afterEach(() => {
  for (const open of hubs.splice(0)) open.close()
})

function hub(): LiveEventHub {
  const made = new LiveEventHub()
  hubs.push(made)
  return made
}

function job(id: string, done: number): Job {
  return {
    id,
    kind: 'record',
    title: 'Record',
    state: 'running',
    startedAt: 0,
    endedAt: null,
    progress: { stage: 'Recording', done, total: 1000, unit: 'windows' },
    secondsLeft: null,
    failure: null,
    warnings: [],
    resumable: false,
    result: null,
  }
}

async function take(stream: AsyncIterator<WorkbenchEvent>, count: number): Promise<WorkbenchEvent[]> {
  const events: WorkbenchEvent[] = []
  while (events.length < count) {
    const { done, value } = await stream.next()
    if (done) break
    events.push(value)
  }
  return events
}

describe('the event hub', () => {
  test('greets first, with the revision', async () => {
    const own = hub()
    own.changed('pins')
    const [first] = await take(own.watch(undefined), 1)
    expect(first).toMatchObject({ kind: 'hello', revision: 1 })
  })

  test('gathers topics and keeps the newest state of each job while a listener is busy', async () => {
    const own = hub()
    const stream = own.watch(undefined)
    await take(stream, 1)
    for (let done = 0; done < 1000; done++) {
      own.changed(done % 2 === 0 ? 'pins' : 'concepts')
      own.job(job('a', done))
      own.job(job('b', done))
      own.status(`status ${done}`)
    }
    const events = await take(stream, 4)
    expect(events).toEqual([
      { kind: 'changed', topics: ['pins', 'concepts'], revision: 1000 },
      { kind: 'job', job: job('a', 999) },
      { kind: 'job', job: job('b', 999) },
      { kind: 'status', text: 'status 999' },
    ])
  })

  test('sends a listener at most 20 events a second', async () => {
    const own = hub()
    const stream = own.watch(undefined)
    const talking = setInterval(() => own.changed('jobs'), 1)
    const began = performance.now()
    await take(stream, 11)
    const seconds = (performance.now() - began) / 1000
    clearInterval(talking)
    // hello, one at once, and nine with their pauses.
    expect(10 / seconds).toBeLessThanOrEqual(22.3)
  })

  test('holds no more for a listener that never asks, however much happens', async () => {
    const own = hub()
    const stream = own.watch(undefined)
    for (let at = 0; at < 5000; at++) {
      own.job(job(`job ${at}`, 1))
      own.engine('died', `death ${at}`)
    }
    const [hello, ...deaths] = await take(stream, 21)
    expect(hello?.kind).toBe('hello')
    expect(deaths).toHaveLength(20)
    expect(deaths.at(-1)).toEqual({ kind: 'engine', state: 'died', message: 'death 4999' })
    const [after] = await take(stream, 1)
    expect(after).toEqual({ kind: 'changed', topics: ['jobs'], revision: 0 })
  })

  test('ends a stream on abort, also one that waits, and forgets its listener', async () => {
    const own = hub()
    const control = new AbortController()
    const stream = own.watch(control.signal)
    await take(stream, 1)
    expect(own.listeners).toBe(1)
    const waiting = stream.next()
    control.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(own.listeners).toBe(0)
  })

  test('ends a stream whose listener leaves, and all when it closes', async () => {
    const own = hub()
    for await (const event of own.watch(undefined)) {
      expect(event.kind).toBe('hello')
      break
    }
    expect(own.listeners).toBe(0)
    const left = own.watch(undefined)
    await take(left, 1)
    own.close()
    expect((await left.next()).done).toBe(true)
    expect((await own.watch(undefined).next()).done).toBe(true)
  })
})
