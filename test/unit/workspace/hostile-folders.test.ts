import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { nameSchema } from '../../../src/contract/workbench/call.ts'
import { LiveJobRunner } from '../../../src/main/services/jobs/job-runner-live.ts'
import { listExports } from '../../../src/main/services/exports/export-job.ts'
import { rejection, workspaceBench } from './opened.ts'

const { scratch, folder, open } = workspaceBench()

const silent = { changed: () => {}, status: () => {}, job: () => {}, engine: () => {} }

/** A folder of jobs with one that was running when its process ended, as somebody else could have made it. */
function plantedJob(path: string, title = 'x'): string {
  const job = join(path, 'jobs', 'planted')
  mkdirSync(join(job, 'work'), { recursive: true })
  const request = { version: 1, id: 'planted', kind: 'rank', title, params: {}, createdAt: 1 }
  writeFileSync(join(job, 'request.json'), JSON.stringify(request))
  const at = { startedAt: 1, endedAt: null, failure: null, warnings: [], result: null, dismissed: false }
  writeFileSync(join(job, 'state.json'), JSON.stringify({ state: 'running', ...at }))
  return job
}

describe('a workspace folder from somebody else', () => {
  test('cannot have a file outside it written over through a link in the place of an unfinished file', () => {
    const path = folder()
    const outside = join(scratch(), 'precious.txt')
    writeFileSync(outside, 'precious')
    const job = plantedJob(path)
    symlinkSync(outside, join(job, 'state.json.partial'))
    const runner = new LiveJobRunner({ events: silent, killEngine: () => {} })
    runner.attach(join(path, 'jobs'))
    expect(runner.find('planted').state).toBe('interrupted')
    expect(readFileSync(outside, 'utf8')).toBe('precious')
    expect(JSON.parse(readFileSync(join(job, 'state.json'), 'utf8'))).toMatchObject({ state: 'interrupted' })
  })

  test('cannot have a line of its choice added to a file outside it through a link in the place of a log', async () => {
    const path = folder()
    const outside = join(scratch(), 'profile')
    writeFileSync(outside, '')
    const job = plantedJob(path, '; echo planted')
    symlinkSync(outside, join(job, 'job.log'))
    const runner = new LiveJobRunner({ events: silent, killEngine: () => {} })
    runner.attach(join(path, 'jobs'))
    await rejection(runner.resume('planted'))
    runner.register('rank', { params: z.object({}), run: () => Promise.resolve(null) })
    await runner.resume('planted')
    await runner.settled('planted')
    expect(runner.find('planted').state).toBe('done')
    expect(readFileSync(outside, 'utf8')).toBe('')
  })

  test('cannot name files outside it: such a document is refused by name', async () => {
    for (const file of ['../../secret.jsonl', '/etc/passwd', 'rankings/../../x', 'rankings//x']) {
      const path = folder()
      const plan = { name: 'p', file, neurons: 1, planHash: 'h', madeFrom: 'x', at: 1 }
      const documents = [{ kind: 'plan', key: 'p', value: plan }]
      writeFileSync(join(path, 'documents.json'), JSON.stringify({ version: 1, documents }))
      const failure = await rejection(open(path))
      expect(failure.kind).toBe('bad-file')
      expect(failure.message).toContain('file leads out of its folder')
    }
  })

  test('cannot have places that lead out of it, or that count from wherever the program was started', async () => {
    const places = [
      { base: 'workspace', path: '../../etc/passwd' },
      { base: 'resources', path: '/etc/passwd' },
      { base: 'absolute', path: 'notes.txt' },
    ]
    for (const place of places) {
      const path = folder()
      const model = { place, tokenizer: null, name: 'm', modelHash: null, card: null }
      const documents = [{ kind: 'model', key: 'model', value: model }]
      writeFileSync(join(path, 'documents.json'), JSON.stringify({ version: 1, documents }))
      expect((await rejection(open(path))).kind).toBe('bad-file')
    }
  })

  test('cannot offer an address of its choice to join at', async () => {
    const addresses = {
      'javascript:alert(1)': undefined,
      'http://evil.example:80/#token=abc': undefined,
      'http://127.0.0.1:4767@evil.example/#token=abc': undefined,
      'http://127.0.0.1:4767/other#token=abc': undefined,
      'http://127.0.0.1:4767/#token=abc': 'http://127.0.0.1:4767/#token=abc',
    }
    for (const [address, offered] of Object.entries(addresses)) {
      const path = folder()
      await open(path)
      writeFileSync(join(path, 'lock.join'), address)
      expect((await rejection(open(path))).detail).toBe(offered)
    }
  })

  test('held by a machine that is no more says which file to delete, and names no signs that steer a screen', async () => {
    const path = folder()
    writeFileSync(join(path, 'lock'), JSON.stringify({ pid: 7, started: null, host: 'gone\u001b[31m\u202e' }))
    writeFileSync(join(path, 'lock.join'), 'http://127.0.0.1:4767/#token=abc')
    const failure = await rejection(open(path))
    expect(failure.message).toBe('Process 7 on gone??31m? has the workspace "Forget verbs" open')
    expect(failure.remedy).toBe(`Stop it there. When it surely runs no more, delete ${join(path, 'lock')}.`)
    expect(failure.detail).toBeUndefined()
  })

  test('with pipes in the place of its files opens all the same, and at once', async () => {
    const path = folder()
    mkdirSync(join(path, 'plans'))
    mkdirSync(join(path, 'rankings'))
    mkdirSync(join(path, 'jobs', 'p'), { recursive: true })
    for (const pipe of ['recipe.json', 'plans/p.json', 'rankings/r.jsonl', 'jobs/p/request.json'])
      execFileSync('mkfifo', [join(path, pipe)])
    const workspace = await open(path)
    expect(workspace.store.all('plan').size).toBe(0)
    const runner = new LiveJobRunner({ events: silent, killEngine: () => {} })
    runner.attach(workspace.file('jobs'))
    expect(runner.list()).toEqual([])
  })

  test('cannot show a file of another kind as the manifest of an export', async () => {
    const workspace = await open(folder())
    const outside = join(scratch(), 'private.txt')
    writeFileSync(outside, 'private')
    const store = { all: () => new Map([['e', { name: 'e', manifestFile: outside }]]) } as never
    const listed = await listExports({ ...workspace, file: workspace.file, store })
    expect(listed.map(({ manifest }) => manifest)).toEqual([''])
  })
})

test('a name is one line of at most 200 characters without signs that steer a screen, whoever wrote it', async () => {
  const path = folder()
  writeFileSync(
    join(path, 'workspace.json'),
    JSON.stringify({ version: 1, name: `a\u001b[2J\nb\u202e${'c'.repeat(500)}` }),
  )
  expect((await open(path)).name).toBe(`a [2J b ${'c'.repeat(192)}`)
  expect(nameSchema.parse(' x\r\n\u0000y\u2066 ')).toBe('x y')
  expect(nameSchema.safeParse('\n\u0000').success).toBe(false)
})
