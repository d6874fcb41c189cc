import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { SnipError } from '../../../src/contract/failure.ts'
import type { Job } from '../../../src/contract/workbench/jobs.ts'
import { LiveJobRunner } from '../../../src/main/services/jobs/job-runner-live.ts'
import type { JobTask } from '../../../src/main/services/jobs/job-runner.ts'
import { StagePace } from '../../../src/main/services/jobs/stage-pace.ts'
import { isInterruption } from '../../../src/main/services/task.ts'
import { rejection } from '../workspace/opened.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly name: string
  readonly task: JobTask
  readonly folder: string
  finish(result: string | null): void
  fail(error: unknown): void
}

/** A runner whose jobs wait until the test ends them. */
function bench(folder = mkdtempSync(join(tmpdir(), 'snip-jobs-')), patienceMs = 20) {
  folders.push(folder)
  const told: Job[] = []
  const statuses: string[] = []
  const started: Started[] = []
  let kills = 0
  const runner = new LiveJobRunner({
    events: {
      changed: () => {},
      status: (text) => void statuses.push(text),
      job: (job) => void told.push(job),
      engine: () => {},
    },
    killEngine: () => {
      kills++
      for (const { fail } of started) fail(new SnipError('host-died', 'The engine was ended by SIGKILL'))
    },
    patienceMs,
  })
  const params = z.object({ name: z.string() })
  const run = (kind: 'record' | 'rank', light: boolean, obedient: boolean) => {
    runner.register(kind, {
      params,
      light,
      run: ({ name }, task, work) =>
        new Promise((finish, fail) => {
          started.push({ name, task, folder: work, finish, fail })
          if (obedient) task.signal.addEventListener('abort', () => fail(new SnipError('cancelled', 'Cancelled')))
        }),
    })
  }
  run('record', false, true)
  run('rank', true, true)
  runner.register('sweep', {
    params,
    run: ({ name }, task, work) =>
      new Promise((finish, fail) => void started.push({ name, task, folder: work, finish, fail })),
  })
  runner.attach(folder)
  const start = (name: string, kind: 'record' | 'rank' | 'sweep' = 'record') =>
    runner.start(kind, `Do ${name}`, { name })
  return { runner, folder, told, statuses, started, start, kills: () => kills }
}

describe('a job', () => {
  test('is queued, runs, tells its progress and ends with what it made', async () => {
    const { runner, start, started, told, statuses } = bench()
    const id = await start('one')
    expect(runner.find(id)).toMatchObject({ kind: 'record', title: 'Do one', state: 'running', resumable: false })
    const [work] = started
    expect(work!.task.job).toBe(id)
    expect(readdirSync(work!.folder)).toEqual([])
    work!.task.report({ stage: 'Recording', done: 3, total: 10, unit: 'windows' })
    work!.task.warn('2 rows were left out')
    expect(runner.find(id)).toMatchObject({
      progress: { stage: 'Recording', done: 3, total: 10, unit: 'windows' },
      warnings: ['2 rows were left out'],
    })
    work!.finish('recording-1')
    expect(await runner.settled(id)).toMatchObject({ state: 'done', result: 'recording-1', resumable: false })
    expect(told.map(({ state }) => state)).toEqual(['queued', 'running', 'running', 'running', 'done'])
    expect(statuses).toEqual(['Done: Do one'])
    const log = runner.log(id).join('\n')
    for (const part of ['Queued: Do one', 'Recording: 3 of 10 windows', 'Warning: 2 rows', 'Ended: done']) {
      expect(log).toContain(part)
    }
  })

  test('waits while another holds the engine; a light one does not', async () => {
    const { runner, start, started } = bench()
    const first = await start('first')
    const second = await start('second')
    const light = await start('light', 'rank')
    expect([first, second, light].map((id) => runner.find(id).state)).toEqual(['running', 'queued', 'running'])
    started[0]!.finish(null)
    await runner.settled(first)
    expect(runner.find(second).state).toBe('running')
    expect(started.map(({ name }) => name)).toEqual(['first', 'light', 'second'])
    expect(runner.list().map(({ title }) => title)).toEqual(['Do light', 'Do second', 'Do first'])
    for (const { finish } of started) finish(null)
    await runner.settled(second)
  })

  test('that fails keeps its failure, and starts again with the same params and folder', async () => {
    const { runner, start, started } = bench()
    const id = await start('one')
    writeFileSync(join(started[0]!.folder, 'half'), '1')
    started[0]!.fail(new SnipError('disk-full', 'The disk is full', { remedy: 'Free some space.' }))
    expect(await runner.settled(id)).toMatchObject({
      state: 'failed',
      resumable: true,
      failure: { kind: 'disk-full', message: 'The disk is full', remedy: 'Free some space.' },
    })
    expect(await runner.resume(id)).toBe(id)
    expect(runner.find(id)).toMatchObject({ state: 'running', failure: null })
    expect(started[1]).toMatchObject({ name: 'one', folder: started[0]!.folder })
    expect(readdirSync(started[1]!.folder)).toEqual(['half'])
    started[1]!.finish('made')
    expect(await runner.settled(id)).toMatchObject({ state: 'done', result: 'made' })
  })

  test('that failed for what it was asked cannot be started again', async () => {
    const { runner, start, started } = bench()
    const id = await start('one')
    started[0]!.fail(new SnipError('bad-argument', 'The window is too long'))
    expect((await runner.settled(id)).resumable).toBe(false)
    expect((await rejection(runner.resume(id))).kind).toBe('bad-argument')
  })

  test('whose engine dies says to resume it, not to run a command', async () => {
    const { runner, start, started } = bench()
    const id = await start('one')
    started[0]!.fail(
      new SnipError('host-died', 'The engine was ended by SIGKILL', { remedy: 'Run the command again.' }),
    )
    const { failure, resumable } = await runner.settled(id)
    expect(failure?.remedy).toBe('Resume the job: finished units are kept and it goes on where it stopped.')
    expect(resumable).toBe(true)
  })

  test('with params that do not fit its kind never starts', async () => {
    const { runner } = bench()
    await expect(runner.start('record', 'Odd', { name: 7 })).rejects.toThrow('name')
    expect(runner.list()).toEqual([])
  })
})

describe('cancelling', () => {
  test('answers at once, and the next job starts when the work has ended', async () => {
    const { runner, start, started, kills } = bench()
    const first = await start('first')
    const second = await start('second')
    runner.cancel(first)
    expect(runner.find(first)).toMatchObject({ state: 'cancelled', resumable: true, failure: null })
    await runner.settled(first)
    expect(runner.find(second).state).toBe('running')
    expect(kills()).toBe(0)
    started[1]!.finish(null)
    await runner.settled(second)
  })

  test('a job that does not end by itself ends the engine, and no other job starts before that', async () => {
    const { runner, start, started, kills } = bench()
    const deaf = await start('deaf', 'sweep')
    const next = await start('next')
    runner.cancel(deaf)
    expect([runner.find(deaf).state, runner.find(next).state]).toEqual(['cancelled', 'queued'])
    expect(await runner.settled(deaf)).toMatchObject({ state: 'cancelled', failure: null })
    expect(kills()).toBe(1)
    expect(runner.find(next).state).toBe('running')
    expect(runner.log(deaf).join('\n')).toContain('the engine was stopped')
    started[1]!.finish(null)
    await runner.settled(next)
  })

  test('a queued job never runs; a finished one stays as it is', async () => {
    const { runner, start, started } = bench()
    const first = await start('first')
    const second = await start('second')
    runner.cancel(second)
    started[0]!.finish('made')
    await runner.settled(first)
    runner.cancel(first)
    expect([runner.find(first).state, runner.find(second).state]).toEqual(['done', 'cancelled'])
    expect(started).toHaveLength(1)
  })

  test('a job that is resumed while it still ends starts after that', async () => {
    const { runner, start, started } = bench()
    const id = await start('one')
    runner.cancel(id)
    await runner.resume(id)
    expect(runner.find(id).state).toBe('running')
    expect(started).toHaveLength(2)
    started[1]!.finish('made')
    expect((await runner.settled(id)).result).toBe('made')
  })
})

describe('the list of jobs', () => {
  test('survives the process: what ran is interrupted and resumes, what was done stays done', async () => {
    const first = bench()
    const done = await first.start('done')
    first.started[0]!.finish('made')
    await first.runner.settled(done)
    const cut = await first.start('cut')
    const waiting = await first.start('waiting')
    // No goodbye: another runner over the same folder is what a process finds after kill -9.
    const second = bench(first.folder)
    const states = () => [done, cut, waiting].map((id) => second.runner.find(id).state)
    expect(states()).toEqual(['done', 'interrupted', 'interrupted'])
    expect(second.runner.find(done).result).toBe('made')
    await second.runner.resume(waiting)
    await second.runner.resume(cut)
    expect(states()).toEqual(['done', 'queued', 'running'])
    expect(second.started.map(({ name }) => name)).toEqual(['waiting'])
    second.started[0]!.finish(null)
    await second.runner.settled(waiting)
    second.started[1]!.finish(null)
    await second.runner.settled(cut)
    first.runner.cancel(cut)
  })

  test('passes over folders of others and damaged ones', async () => {
    const own = bench()
    mkdirSync(join(own.folder, 'forget-code'))
    writeFileSync(join(own.folder, 'forget-code', 'job.json'), '{}')
    mkdirSync(join(own.folder, 'damaged'))
    writeFileSync(join(own.folder, 'damaged', 'request.json'), '{"version":1')
    expect(bench(own.folder).runner.list()).toEqual([])
    expect(existsSync(join(own.folder, 'damaged', 'request.json'))).toBe(true)
  })

  test('lets a finished job be dismissed for good, and no running one', async () => {
    const own = bench()
    const id = await own.start('one')
    expect(() => own.runner.dismiss(id)).toThrow('still at work')
    own.started[0]!.finish('made')
    await own.runner.settled(id)
    own.runner.dismiss(id)
    expect(own.runner.list()).toEqual([])
    expect(bench(own.folder).runner.list()).toEqual([])
    expect(existsSync(join(own.folder, id, 'work'))).toBe(true)
  })

  test('closing the workspace interrupts what runs and waits', async () => {
    const own = bench()
    const running = await own.start('running')
    const waiting = await own.start('waiting')
    await own.runner.detach()
    // Not given up: what is under way elsewhere may go on.
    expect(own.started.map(({ task }) => isInterruption(task.signal))).toEqual([true])
    expect(own.runner.list()).toEqual([])
    expect((await rejection(own.start('late'))).message).toBe('No workspace is open')
    const again = bench(own.folder)
    expect([running, waiting].map((id) => again.runner.find(id).state)).toEqual(['interrupted', 'interrupted'])
  })

  test('a folder that goes away in mid-run crashes nothing', async () => {
    const own = bench()
    const id = await own.start('one')
    rmSync(own.folder, { recursive: true })
    own.started[0]!.task.report({ stage: 'Recording', done: 1, total: 2, unit: 'windows' })
    own.started[0]!.fail(new SnipError('not-found', 'The folder is gone'))
    expect(await own.runner.settled(id)).toMatchObject({ state: 'failed', failure: { message: 'The folder is gone' } })
    expect((await rejection(own.start('two'))).kind).toBe('not-found')
    expect(existsSync(own.folder)).toBe(false)
    await own.runner.detach()
  })

  test('an errand between jobs waits for the one that runs and goes before the one that waits', async () => {
    const own = bench()
    const first = await own.start('first')
    const second = await own.start('second')
    const order: string[] = []
    const errand = own.runner.betweenJobs(() => {
      order.push(`errand with ${own.started.length} started`)
      return Promise.resolve()
    })
    own.started[0]!.finish(null)
    await errand
    await own.runner.settled(first)
    expect(order).toEqual(['errand with 1 started'])
    await new Promise((resolve) => setImmediate(resolve))
    own.started[1]!.finish(null)
    expect((await own.runner.settled(second)).state).toBe('done')
  })
})

test('the request and state of a job are plain files', async () => {
  const own = bench()
  const id = await own.start('one')
  own.started[0]!.finish('made')
  await own.runner.settled(id)
  const read = (name: string) => JSON.parse(readFileSync(join(own.folder, id, name), 'utf8')) as unknown
  expect(read('request.json')).toMatchObject({
    version: 1,
    id,
    kind: 'record',
    title: 'Do one',
    params: { name: 'one' },
  })
  expect(read('state.json')).toMatchObject({ state: 'done', result: 'made', failure: null, dismissed: false })
})

describe('the seconds left', () => {
  const news = (done: number, stage = 'Recording', total = 100) => ({ stage, done, total, unit: 'windows' })

  test('come from the pace of the stage, without units that were done before this start', () => {
    const pace = new StagePace()
    expect(pace.secondsLeft(news(50), 0)).toBeNull()
    expect(pace.secondsLeft(news(51), 100)).toBeNull()
    expect(pace.secondsLeft(news(60), 5000)).toBe(20)
    expect(pace.secondsLeft(news(100), 9000)).toBe(0)
  })

  test('begin anew with each stage', () => {
    const pace = new StagePace()
    pace.secondsLeft(news(0), 0)
    expect(pace.secondsLeft(news(50), 1000)).toBe(1)
    expect(pace.secondsLeft(news(0, 'Measuring'), 2000)).toBeNull()
    expect(pace.secondsLeft(news(10, 'Measuring'), 3000)).toBe(9)
  })
})

describe('two things at once', () => {
  test('an errand between jobs is over before the next job starts, also one that is asked for meanwhile', async () => {
    const { runner, start, started } = bench()
    let end = () => {}
    const errand = runner.betweenJobs(() => new Promise((resolve) => (end = resolve)))
    const id = await start('one')
    expect(runner.find(id).state).toBe('queued')
    expect(started).toEqual([])
    end()
    await errand
    await new Promise((resolve) => setImmediate(resolve))
    expect(runner.find(id).state).toBe('running')
    started[0]!.finish(null)
    await runner.settled(id)
  })

  test('a job that waits to start again does not come back in a workspace that was closed', async () => {
    const { runner, folder, start, started } = bench()
    const id = await start('stubborn', 'sweep')
    runner.cancel(id)
    expect(isInterruption(started[0]!.task.signal)).toBe(false)
    const resumed = rejection(runner.resume(id))
    const closing = runner.detach()
    const late = rejection(runner.start('rank', 'Do late', { name: 'late' }))
    started[0]!.fail(new SnipError('host-died', 'The engine was ended'))
    await closing
    expect((await resumed).kind).toBe('not-found')
    expect((await late).message).toBe('No workspace is open')
    expect(started.map(({ name }) => name)).toEqual(['stubborn'])
    expect(readdirSync(folder)).toEqual([id])
    expect(JSON.parse(readFileSync(join(folder, id, 'state.json'), 'utf8'))).toMatchObject({ state: 'interrupted' })
  })

  test('an errand that comes while the workspace is closed is done afterwards', async () => {
    const { runner, start, started } = bench()
    await start('stubborn', 'sweep')
    const closing = runner.detach()
    let done = false
    const errand = runner.betweenJobs(() => {
      done = true
      return Promise.resolve()
    })
    started[0]!.fail(new SnipError('host-died', 'The engine was ended'))
    await closing
    await errand
    expect(done).toBe(true)
  })

  test('a job that could not be put down leaves nothing that shows at the next opening', async () => {
    const { runner, folder } = bench()
    const params = {
      name: 'one',
      toJSON: () => {
        throw new SnipError('disk-full', 'The disk is full')
      },
    }
    runner.register('explain', { params: z.any(), run: () => Promise.resolve(null) })
    expect((await rejection(runner.start('explain', 'Do it', params))).kind).toBe('disk-full')
    expect(readdirSync(folder)).toEqual([])
    expect(runner.list()).toEqual([])
  })

  test('a warning that is told a thousand times is one line of the log', async () => {
    const { runner, start, started } = bench()
    const id = await start('one')
    for (let time = 0; time < 1000; time++) started[0]!.task.warn('A row was left out')
    started[0]!.finish(null)
    await runner.settled(id)
    expect(runner.log(id).filter((line) => line.includes('A row was left out'))).toHaveLength(1)
  })
})
