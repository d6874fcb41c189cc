import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRouterClient } from '@orpc/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WorkbenchEvent } from '../../src/contract/workbench/events.ts'
import { createWorkbenchRouter } from '../../src/main/services/router/index.ts'
import { createWorkbenchSession } from '../../src/main/services/session/create-session.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { scratchFolder } from './expectations.ts'
import { engineHostFile } from './host.ts'

const work = scratchFolder('workbench-session')
const events: WorkbenchEvent[] = []
const listening = new AbortController()
let session: WorkbenchSession

beforeAll(async () => {
  session = createWorkbenchSession({
    hostFile: await engineHostFile(),
    resources: resolve(import.meta.dirname, '../../resources'),
    environment: { XDG_CACHE_HOME: `${work}/cache` },
    dataFolder: `${work}/data`,
    door: { door: 'command-line', nativeDialogs: false, showsFolders: false, uploadPath: null, uploadLimit: null },
  })
  void (async () => {
    for await (const event of session.events.watch(listening.signal)) events.push(event)
  })()
})

afterAll(async () => {
  listening.abort()
  await session.dispose()
})

/** The engine's news that listeners heard so far, once there are as many. */
async function engineNews(count: number): Promise<string[]> {
  const news = () => events.flatMap((event) => (event.kind === 'engine' ? [event.state] : []))
  while (news().length < count) await sleep(10)
  return news()
}

describe('the engine of a session', () => {
  test('that is killed is told of, and starts again at the next call', async () => {
    const client = createRouterClient(createWorkbenchRouter(session))
    const { pid, memory } = await client.app.engine()
    expect(memory.engineBytes).toBeGreaterThan(1e6)
    process.kill(pid!, 'SIGKILL')
    expect(await engineNews(2)).toEqual(['started', 'died'])
    const again = await client.app.engine()
    expect(again.pid).not.toBe(pid)
    expect(await engineNews(3)).toEqual(['started', 'died', 'restarted'])
  })

  test('takes other threads by starting anew, without counting as dead', async () => {
    const client = createRouterClient(createWorkbenchRouter(session))
    const { pid } = await client.app.engine()
    await client.app.changeSettings({ threads: 1 })
    while (session.workbench.engine.pid === pid) await sleep(10)
    expect(session.workbench.engine.settings.threads).toBe(1)
    expect((await client.app.engine()).pid).not.toBe(pid)
    expect((await engineNews(4)).at(-1)).toBe('restarted')
  })
})

describe('a job of the demo', () => {
  test('ranks again with the same order as the shipped ranking, and its news reach the listeners', async () => {
    const client = createRouterClient(createWorkbenchRouter(session))
    await client.workspace.openDemo({ fresh: false })
    const shipped = await client.rankings.order({ id: 'forget-code.snip' })
    const { job } = await client.rankings.make({
      method: 'snip',
      preset: 'corrected',
      params: { sites: ['mlp'] },
      seed: 1,
      forget: null,
      retain: null,
    })
    const ended = await session.jobs.settled(job)
    expect([ended.state, ended.failure]).toEqual(['done', null])
    const made = await client.rankings.order({ id: ended.result! })
    const rows = async (order: typeof made) => new Uint32Array(await order.rows.arrayBuffer())
    expect(await rows(made)).toEqual(await rows(shipped))
    while (!events.some((event) => event.kind === 'job' && event.job.state === 'done')) {
      await sleep(10)
    }
    expect((await client.jobs.list()).map(({ id, state }) => [id, state])).toEqual([[job, 'done']])
    expect(existsSync(session.workspace().file('jobs', job, 'request.json'))).toBe(true)
  })

  test('that is cancelled in mid-recording answers at once and resumes to the end', async () => {
    const client = createRouterClient(createWorkbenchRouter(session))
    const { job } = await client.recordings.start({
      dataset: 'forget-code',
      tokens: 20_000,
      window: 64,
      sites: ['mlp', 'attention'],
      seed: 1,
    })
    while (session.jobs.find(job).progress === null) await sleep(5)
    await client.jobs.cancel({ id: job })
    expect(session.jobs.find(job)).toMatchObject({ state: 'cancelled', resumable: true })
    await client.jobs.resume({ id: job })
    const ended = await session.jobs.settled(job)
    expect([ended.state, ended.failure]).toEqual(['done', null])
    const recordings = await client.recordings.list()
    expect(recordings.find(({ id }) => id === ended.result)).toMatchObject({ windows: 312, neurons: 3840, stale: null })
  })
})
