import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolderOf, fingerprintOf, ModelHashCache } from '../../../src/main/services/models/hash-cache.ts'
import { scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const hash = 'a'.repeat(64)

function makeModel(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, 'config.json'), '{}')
  writeFileSync(join(path, 'model.safetensors'), 'weights')
  return path
}

describe('the cache of model hashes', () => {
  it('finds a hash as long as size and time of every file of the model stay the same', () => {
    const model = makeModel('a')
    const cache = new ModelHashCache(join(folder, 'cache'))
    expect(cache.find(model, fingerprintOf(model))).toBeNull()
    cache.keep(model, fingerprintOf(model), hash)
    expect(new ModelHashCache(join(folder, 'cache')).find(model, fingerprintOf(model))).toBe(hash)
    writeFileSync(join(model, 'notes.txt'), 'no part of the model')
    expect(cache.find(model, fingerprintOf(model))).toBe(hash)
    utimesSync(join(model, 'model.safetensors'), 1, 1)
    expect(cache.find(model, fingerprintOf(model))).toBeNull()
  })

  it('tells models apart by path, and forgets none when it learns another', () => {
    const [one, other] = [makeModel('b'), makeModel('c')]
    const cache = new ModelHashCache(join(folder, 'cache'))
    cache.keep(one, fingerprintOf(one), hash)
    cache.keep(other, fingerprintOf(other), 'b'.repeat(64))
    expect([cache.find(one, fingerprintOf(one)), cache.find(other, fingerprintOf(other))]).toEqual([
      hash,
      'b'.repeat(64),
    ])
  })

  it('ignores a broken file and a folder that cannot be written', () => {
    const model = makeModel('d')
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'model-hashes.json'), '{"version":1,"models":[')
    const cache = new ModelHashCache(broken)
    expect(cache.find(model, fingerprintOf(model))).toBeNull()
    cache.keep(model, fingerprintOf(model), hash)
    expect(cache.find(model, fingerprintOf(model))).toBe(hash)
    writeFileSync(join(folder, 'file'), '')
    const hopeless = new ModelHashCache(join(folder, 'file', 'below'))
    hopeless.keep(model, fingerprintOf(model), hash)
    expect(hopeless.find(model, fingerprintOf(model))).toBeNull()
  })

  it('lies in the cache folder of the user', () => {
    expect(cacheFolderOf({ XDG_CACHE_HOME: '/x' }, '/home/u')).toBe('/x/snip-workbench')
    expect(cacheFolderOf({ XDG_CACHE_HOME: '' }, '/home/u')).toBe('/home/u/.cache/snip-workbench')
    expect(cacheFolderOf({}, '/home/u')).toBe('/home/u/.cache/snip-workbench')
  })
})
