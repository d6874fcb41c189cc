import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RandomGrants } from '../../../src/main/services/grants/random-grants.ts'
import { rejection } from '../workspace/opened.ts'
import { sessionBench } from './session-bench.ts'

const { scratch } = sessionBench()

function tree(): string {
  const root = realpathSync(scratch())
  for (const name of ['model', 'work', 'zeta', '.hidden']) mkdirSync(join(root, name))
  writeFileSync(join(root, 'model', 'config.json'), '{}')
  writeFileSync(join(root, 'work', 'workspace.json'), '{}')
  for (const name of ['a10.txt', 'a9.csv', 'net.onnx', 'photo.jpg', '.secret']) writeFileSync(join(root, name), 'abc')
  symlinkSync(join(root, 'a9.csv'), join(root, 'link.csv'))
  symlinkSync(join(root, 'nowhere'), join(root, 'broken'))
  return root
}

describe('grants', () => {
  test('are bounded: the one that was not used for longest is forgotten, and can be had again', async () => {
    const root = tree()
    const grants = new RandomGrants(() => [], 3)
    const [first, second, third] = ['a10.txt', 'a9.csv', 'net.onnx'].map((name) => grants.grant(join(root, name)))
    grants.pathOf(first!.id)
    grants.grant(join(root, 'photo.jpg'))
    expect(grants.pathOf(first!.id)).toBe(first!.path)
    expect(grants.pathOf(third!.id)).toBe(third!.path)
    expect((await rejection(Promise.resolve().then(() => grants.pathOf(second!.id)))).kind).toBe('not-found')
    expect(grants.pathOf(grants.grant(second!.path).id)).toBe(second!.path)
  })

  test('lead from a random id to the real path, one for each place', () => {
    const root = tree()
    const grants = new RandomGrants(() => [])
    const file = grants.grant(join(root, 'a9.csv'))
    expect(file).toMatchObject({ kind: 'file', name: 'a9.csv', path: join(root, 'a9.csv'), bytes: 3 })
    expect(file.id).toMatch(/^[\w-]{22}$/)
    expect(grants.grant(join(root, 'link.csv')).id).toBe(file.id)
    expect(grants.grant(join(root, 'work', '..', 'a9.csv')).id).toBe(file.id)
    expect(grants.pathOf(file.id)).toBe(join(root, 'a9.csv'))
    expect(new RandomGrants(() => []).grant(join(root, 'a9.csv')).id).not.toBe(file.id)
  })

  test('are not had for a path, a made-up id or what is gone', () => {
    const root = tree()
    const grants = new RandomGrants(() => [])
    expect(() => grants.pathOf(join(root, 'a9.csv'))).toThrow('chosen in another session')
    expect(() => grants.pathOf('../../etc/passwd')).toThrow('chosen in another session')
    expect(() => grants.grant(join(root, 'nothing'))).toThrow('There is nothing at')
    expect(() => grants.grant(join(root, 'a9.csv', 'below'))).toThrow('below a file')
    expect(() => grants.grant('/dev/null')).toThrow('neither a file nor a folder')
    const { id } = grants.grant(join(root, 'a9.csv'))
    rmSync(join(root, 'a9.csv'))
    expect(() => grants.pathOf(id)).toThrow('There is nothing at')
  })

  test('places that are gone are left out', () => {
    const root = tree()
    const grants = new RandomGrants((purpose) =>
      [root, join(root, 'gone'), root, join(root, 'a9.csv')].map((path) => ({ path, name: `For ${purpose}` })),
    )
    expect(grants.places('data').map(({ path, name }) => [path, name])).toEqual([[root, 'For data']])
  })

  test('a look says what a path leads to', () => {
    const root = tree()
    const grants = new RandomGrants(() => [])
    const looks = ['model', 'work', 'zeta', 'net.onnx', 'a9.csv'].map((name) => grants.look(join(root, name)).looksLike)
    expect(looks).toEqual(['model', 'workspace', 'other', 'model', 'data'])
  })

  test('the folder of a sentence model looks like a model, and its pooling does not', () => {
    const root = tree()
    mkdirSync(join(root, 'zeta', '1_Pooling'))
    for (const file of ['modules.json', '1_Pooling/config.json']) writeFileSync(join(root, 'zeta', file), '{}')
    const grants = new RandomGrants(() => [])
    expect(grants.look(join(root, 'zeta')).looksLike).toBe('model')
    expect(grants.look(join(root, 'zeta', '1_Pooling')).looksLike).toBe('other')
  })
})

describe('a listing', () => {
  test('has folders first and names in the order of people, and says what things look like', async () => {
    const root = tree()
    const grants = new RandomGrants(() => [])
    const { folder, parent, entries, truncated } = await grants.list(grants.grant(root).id, 'data')
    expect(entries.map(({ name, looksLike }) => [name, looksLike])).toEqual([
      ['model', 'model'],
      ['work', 'workspace'],
      ['zeta', 'other'],
      ['a9.csv', 'data'],
      ['a10.txt', 'data'],
      ['link.csv', 'data'],
      ['net.onnx', 'model'],
      ['photo.jpg', 'other'],
    ])
    expect(folder.path).toBe(root)
    expect(grants.pathOf(parent!.id)).toBe(join(root, '..'))
    expect(truncated).toBe(false)
  })

  test('shows for a model the folders and models, for a workspace the folders alone', async () => {
    const grants = new RandomGrants(() => [])
    const { id } = grants.grant(tree())
    const names = async (purpose: 'model' | 'workspace') =>
      (await grants.list(id, purpose)).entries.map(({ name }) => name)
    expect(await names('model')).toEqual(['model', 'work', 'zeta', 'net.onnx'])
    expect(await names('workspace')).toEqual(['model', 'work', 'zeta'])
  })

  test('stops at 2,000 entries and says so', async () => {
    const root = scratch()
    for (let at = 0; at < 2100; at++) writeFileSync(join(root, `${at}.txt`), '')
    const grants = new RandomGrants(() => [])
    const { entries, truncated } = await grants.list(grants.grant(root).id, 'data')
    expect(entries).toHaveLength(2000)
    expect(truncated).toBe(true)
  })

  test('of a file is refused', async () => {
    const grants = new RandomGrants(() => [])
    const { id } = grants.grant(join(tree(), 'a9.csv'))
    expect((await rejection(grants.list(id, 'data'))).kind).toBe('bad-file')
  })
})
