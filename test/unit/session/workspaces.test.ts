import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rejection } from '../workspace/opened.ts'
import { sessionBench } from './session-bench.ts'

const { session, scratch } = sessionBench()

/** A lock as another live process of this machine holds it: process 1 is always there. */
const foreignLock = JSON.stringify({ pid: 1, started: null, host: hostname() })

describe('a workspace', () => {
  test('is made, closed, listed as recent and opened again', async () => {
    const { workspaces } = session()
    const parent = scratch()
    const made = await workspaces.create(parent, 'Forget verbs')
    expect(made).toMatchObject({
      name: 'Forget verbs',
      path: join(parent, 'Forget verbs'),
      undo: null,
      redo: null,
      cut: null,
    })
    expect(made.next).toBe('Open a model.')
    await workspaces.close()
    expect(workspaces.state()).toBeNull()
    expect(workspaces.recent()).toMatchObject([{ name: 'Forget verbs', path: made.path, exists: true }])
    expect((await workspaces.open(made.path)).name).toBe('Forget verbs')
  })

  test('is not made over something that is there, nor under a name that is no name', async () => {
    const { workspaces } = session()
    const parent = scratch()
    await workspaces.create(parent, 'One')
    expect((await rejection(workspaces.create(parent, 'One'))).kind).toBe('exists')
    for (const name of [
      '..',
      '../up',
      'a/b',
      'a\\b',
      'con',
      'LPT1.txt',
      '.hidden',
      'ends.',
      'a\u0000b',
      'x'.repeat(201),
    ]) {
      const failure = await rejection(workspaces.create(parent, name))
      expect([name, failure.kind]).toEqual([name, 'bad-argument'])
    }
    expect((await workspaces.create(parent, 'Größe 測試 🙂')).name).toBe('Größe 測試 🙂')
  })

  test('keeps its new name', async () => {
    const { workspaces } = session()
    const { path } = await workspaces.create(scratch(), 'Old')
    expect((await workspaces.rename('New')).name).toBe('New')
    await workspaces.close()
    expect((await workspaces.open(path)).name).toBe('New')
  })

  test('that another process has open is refused, naming the process and where to join it', async () => {
    const { workspaces } = session()
    const { path } = await workspaces.create(scratch(), 'Shared')
    await workspaces.close()
    writeFileSync(join(path, 'lock'), foreignLock)
    writeFileSync(join(path, 'lock.join'), 'http://127.0.0.1:4767/#token=abc\n')
    const failure = await rejection(workspaces.open(path))
    expect(failure).toMatchObject({
      kind: 'busy',
      message: 'Process 1 has the workspace "Shared" open',
      detail: 'http://127.0.0.1:4767/#token=abc',
    })
    expect(failure.remedy).toContain('Join it there')
    rmSync(join(path, 'lock.join'))
    expect((await rejection(workspaces.open(path))).detail).toBeUndefined()
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(foreignLock)
  })

  test('says where its process can be joined in a file for this user alone, which goes when it is closed', async () => {
    const { workspaces } = session()
    workspaces.announce('http://127.0.0.1:1/#token=abc')
    const { path } = await workspaces.create(scratch(), 'Shared')
    const file = join(path, 'lock.join')
    expect(readFileSync(file, 'utf8')).toBe('http://127.0.0.1:1/#token=abc')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    workspaces.announce(null)
    expect(existsSync(file)).toBe(false)
    workspaces.announce('http://127.0.0.1:2/')
    await workspaces.close()
    expect(existsSync(file) || existsSync(join(path, 'lock'))).toBe(false)
  })

  test('whose folder was removed under our feet fails every call with one sentence, and another one opens', async () => {
    const own = session()
    const { path } = await own.workspaces.create(scratch(), 'Gone')
    rmSync(path, { recursive: true })
    expect(() => own.workspaces.state()).toThrow(`The workspace folder ${path} is gone`)
    expect(() => own.workspace()).toThrow('is gone')
    expect((await rejection(own.workspaces.rename('New'))).remedy).toContain('open another workspace')
    expect(own.workspaces.recent()).toMatchObject([{ name: 'Gone', exists: false }])
    expect((await own.workspaces.create(scratch(), 'Other')).name).toBe('Other')
    expect(existsSync(path)).toBe(false)
  })

  test('stays open when the next one cannot be opened', async () => {
    const { workspaces } = session()
    await workspaces.create(scratch(), 'Good')
    expect((await rejection(workspaces.open(scratch()))).message).toContain('is no workspace')
    expect((await rejection(workspaces.open('/no/such/folder'))).kind).toBe('not-found')
    const damaged = scratch()
    writeFileSync(join(damaged, 'workspace.json'), '{')
    expect((await rejection(workspaces.open(damaged))).kind).toBe('bad-file')
    expect(workspaces.state()?.name).toBe('Good')
  })

  test('whose database is no database is refused by name', async () => {
    const { workspaces } = session()
    const folder = scratch()
    writeFileSync(join(folder, 'workspace.json'), '{"version":1,"name":"Odd"}')
    writeFileSync(join(folder, 'workspace.duckdb'), 'no database at all'.repeat(1000))
    const failure = await rejection(workspaces.open(folder))
    expect(failure.kind).toBe('bad-file')
    expect(failure.message).toContain('workspace.duckdb is damaged')
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })

  test('edits come back by undo, in the words of the edit', async () => {
    const own = session()
    await own.workspaces.create(scratch(), 'Edits')
    await own.workspace().store.edit('Added a prompt', [{ kind: 'prompt', key: 'p', after: { text: 'Hello' } }])
    expect(own.workspaces.state()).toMatchObject({ undo: 'Added a prompt', redo: null })
    await own.workspace().store.undo()
    expect(own.workspaces.state()).toMatchObject({ undo: null, redo: 'Added a prompt' })
  })
})

describe('the demo', () => {
  test('opens ready to compare, with its cut chosen and every step before it done', async () => {
    const own = session()
    const state = await own.workspaces.openDemo(false)
    expect(state.cut).toEqual({ ranking: 'forget-code.snip', k: 307 })
    expect(state.steps.map(({ id, state: at }) => [id, at])).toEqual([
      ['model', 'done'],
      ['data', 'done'],
      ['neurons', 'done'],
      ['forget', 'done'],
      ['prune', 'done'],
      ['compare', 'ready'],
      ['export', 'ready'],
    ])
    const { store, pathOf } = own.workspace()
    expect(store.all('ranking').size).toBe(8)
    expect(store.all('prompt').size).toBe(3)
    for (const { place } of store.all('dataset').values()) expect(existsSync(pathOf(place))).toBe(true)
    const model = pathOf(store.get('model', 'model')!.place)
    expect(existsSync(join(model, 'model.safetensors'))).toBe(true)
    const [recording] = [...store.all('recording').values()]
    const manifest = JSON.parse(readFileSync(own.workspace().file(recording!.folder, 'recording.json'), 'utf8')) as {
      model: { path: string }
    }
    expect(manifest.model.path).toBe(model)
  })

  test('keeps what was done in it; a fresh copy stands beside it', async () => {
    const own = session()
    const { path } = await own.workspaces.openDemo(false)
    await own.workspace().store.put([{ kind: 'prompt', key: 'mine', after: { text: 'Mine' } }])
    const fresh = await own.workspaces.openDemo(true)
    expect(fresh.path).toBe(`${path}-2`)
    expect(own.workspace().store.get('prompt', 'mine')).toBeNull()
    expect((await own.workspaces.openDemo(false)).path).toBe(path)
    expect(own.workspace().store.get('prompt', 'mine')).toEqual({ text: 'Mine' })
  })

  test('goes stale when its forget concepts change, and undo makes it good again', async () => {
    const own = session()
    await own.workspaces.openDemo(false)
    const { store } = own.workspace()
    const [key, concept] = [...store.all('forget-concept')].find(([, { enabled }]) => enabled)!
    await store.edit('Switched a forget concept off', [
      { kind: 'forget-concept', key, after: { ...concept, enabled: false } },
    ])
    const prune = own.workspaces.state()!.steps.find(({ id }) => id === 'prune')!
    expect(prune).toEqual({
      id: 'prune',
      state: 'stale',
      reason: 'The forget concepts changed after the ranking',
      action: { label: 'Rank', command: 'rank' },
    })
    await store.undo()
    expect(own.workspaces.state()!.steps.find(({ id }) => id === 'prune')!.state).toBe('done')
  })
})

test('a folder of snip run without a recipe record still shows what lies in it', async () => {
  const own = session()
  const folder = scratch()
  const demo = join(own.resources, 'demo', 'workspace')
  writeFileSync(join(folder, 'workspace.json'), '{"version":1,"name":"Run"}')
  mkdirSync(join(folder, 'rankings'))
  mkdirSync(join(folder, 'plans'))
  const ranking = readFileSync(join(demo, 'rankings', 'forget-code.keyword.jsonl'))
  writeFileSync(join(folder, 'rankings', 'forget-code.keyword.jsonl'), ranking)
  writeFileSync(join(folder, 'rankings', 'damaged.jsonl'), '{"method":')
  writeFileSync(join(folder, 'plans', 'mine.json'), '{"neurons":["mlp:0:5","mlp:1:7"]}')
  await own.workspaces.open(folder)
  const { store } = own.workspace()
  expect([...store.all('ranking')].map(([id, { method, ranked }]) => [id, method, ranked])).toEqual([
    ['forget-code.keyword', 'keyword', 439],
  ])
  expect([...store.all('plan').values()]).toMatchObject([{ name: 'mine', neurons: 2, file: 'plans/mine.json' }])
})

test('a data folder that cannot be written is one sentence', () => {
  const parent = scratch()
  writeFileSync(join(parent, 'file'), '')
  expect(() => session({ dataFolder: join(parent, 'file', 'data') })).toThrow(/below a file|no permission/)
})
