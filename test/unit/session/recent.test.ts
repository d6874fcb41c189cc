import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RecentModels } from '../../../src/main/services/recent/recent-models.ts'
import { rejection } from '../workspace/opened.ts'
import { sessionBench } from './session-bench.ts'

const { session, scratch } = sessionBench()

describe('models that were opened before', () => {
  test('stand on the list newest first, each once, with a grant to open them by', () => {
    const { recentModels, grants } = session()
    const folder = scratch()
    for (const name of ['one', 'two']) {
      mkdirSync(join(folder, name))
      recentModels.add({ path: join(folder, name), tokenizer: null, name, family: 'GPT-2' })
    }
    writeFileSync(join(folder, 'tokenizer.json'), '{}')
    recentModels.add({
      path: join(folder, 'one'),
      tokenizer: join(folder, 'tokenizer.json'),
      name: 'one',
      family: 'GPT-2',
    })
    const list = recentModels.list()
    expect(list.map(({ name, family }) => [name, family])).toEqual([
      ['one', 'GPT-2'],
      ['two', 'GPT-2'],
    ])
    expect(grants.pathOf(list[0]!.grant!.id)).toBe(join(folder, 'one'))
    expect(grants.pathOf(list[0]!.tokenizer!.id)).toBe(join(folder, 'tokenizer.json'))
    expect(list[1]!.tokenizer).toBeNull()
  })

  test('stay on the list when they are gone, without a grant, until they are taken off it', async () => {
    const dataFolder = scratch()
    const { recentModels, grants } = session({ dataFolder })
    const folder = scratch()
    for (const name of ['kept', 'gone']) {
      mkdirSync(join(folder, name))
      recentModels.add({ path: join(folder, name), tokenizer: null, name, family: 'Llama' })
    }
    rmSync(join(folder, 'gone'), { recursive: true })
    const again = new RecentModels(dataFolder, grants)
    const [gone, kept] = again.list()
    expect([gone?.name, gone?.grant]).toEqual(['gone', null])
    expect(kept?.grant?.path).toBe(join(folder, 'kept'))
    again.forget(gone!.id)
    expect(again.list().map(({ name }) => name)).toEqual(['kept'])
    expect((await rejection(Promise.resolve().then(() => again.forget(gone!.id)))).kind).toBe('not-found')
  })

  test('are no more than twenty, and a damaged list is an empty one', () => {
    const dataFolder = scratch()
    const { recentModels } = session({ dataFolder })
    for (let at = 0; at < 25; at++) recentModels.add({ path: `/m/${at}`, tokenizer: null, name: `m${at}`, family: 'x' })
    expect(recentModels.list().map(({ name }) => name)[0]).toBe('m24')
    expect(recentModels.list().length).toBe(20)
    expect(JSON.parse(readFileSync(join(dataFolder, 'recent-models.json'), 'utf8'))).toMatchObject({ version: 1 })
    writeFileSync(join(dataFolder, 'recent-models.json'), '{"version":1,"models":[{"path":3}]}')
    expect(recentModels.list()).toEqual([])
  })
})

describe('workspaces that were opened before', () => {
  test('are taken off the list, and their folders stay', async () => {
    const { workspaces } = session()
    const parent = scratch()
    const { path } = await workspaces.create(parent, 'Kept')
    const gone = await workspaces.create(parent, 'Gone')
    await workspaces.open(path)
    rmSync(gone.path, { recursive: true })
    const list = workspaces.recent()
    expect(list.map(({ name, exists }) => [name, exists])).toEqual([
      ['Kept', true],
      ['Gone', false],
    ])
    workspaces.forgetRecent(list[1]!.id)
    expect(workspaces.recent().map(({ name }) => name)).toEqual(['Kept'])
    workspaces.forgetRecent(list[0]!.id)
    expect(workspaces.recent()).toEqual([])
    await workspaces.close()
    expect((await workspaces.open(path)).name).toBe('Kept')
  })
})
