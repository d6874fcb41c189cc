import { describe, expect, test } from 'vitest'
import type { Documents } from '../../../src/main/services/workspace/documents.ts'
import { rejection, workspaceBench } from './opened.ts'

const { folder, open, close } = workspaceBench()

const dataset = (changes: Partial<Documents['dataset']> = {}): Documents['dataset'] => ({
  name: 'verbs',
  place: { base: 'absolute', path: '/data/verbs.txt' },
  format: 'text',
  kind: 'text',
  mapping: { textColumn: null, where: null, sample: null, seed: 1, split: 'all' },
  roles: ['forget'],
  documents: 10,
  rejectedCount: 0,
  dataHash: 'all',
  bytes: null,
  modifiedAt: null,
  tokens: null,
  ...changes,
})

const model = (name: string, modelHash: string | null): Documents['model'] => ({
  place: { base: 'absolute', path: `/models/${name}` },
  tokenizer: null,
  name,
  modelHash,
  card: null,
})

const counted = { documents: 5, tokens: 50, longest: 20, histogram: { edges: [0, 32], counts: [5] } }

describe('undo takes back what was computed from what it takes back', () => {
  test('the tokens of another choice of rows do not stay with the old one', async () => {
    const { store } = await open(folder())
    const sampled = dataset({ mapping: { ...dataset().mapping, sample: 5 }, documents: 5, dataHash: 'five' })
    await store.edit('Imported', [{ kind: 'dataset', key: 'd', after: dataset() }])
    await store.edit('Changed the rows', [{ kind: 'dataset', key: 'd', after: sampled }])
    await store.put([{ kind: 'dataset', key: 'd', after: { ...sampled, tokens: counted } }])
    await store.undo()
    expect(store.get('dataset', 'd')).toEqual(dataset())
  })

  test('a name that is taken back keeps the tokens that were counted meanwhile', async () => {
    const { store } = await open(folder())
    await store.edit('Imported', [{ kind: 'dataset', key: 'd', after: dataset() }])
    await store.edit('Renamed', [{ kind: 'dataset', key: 'd', after: dataset({ name: 'other' }) }])
    await store.put([{ kind: 'dataset', key: 'd', after: dataset({ name: 'other', tokens: counted }) }])
    await store.undo()
    expect(store.get('dataset', 'd')).toEqual(dataset({ tokens: counted }))
  })

  test('a model that comes back has neither the hash of the other one nor tokens counted with it', async () => {
    const { store } = await open(folder())
    await store.edit('Imported', [{ kind: 'dataset', key: 'd', after: dataset() }])
    await store.edit('Chose a', [{ kind: 'model', key: 'model', after: model('a', null) }])
    await store.edit('Chose b', [{ kind: 'model', key: 'model', after: model('b', null) }])
    await store.put([{ kind: 'model', key: 'model', after: model('b', 'hash of b') }])
    await store.put([{ kind: 'dataset', key: 'd', after: dataset({ tokens: counted }) }])
    await store.undo()
    expect(store.get('model', 'model')).toEqual(model('a', null))
    expect(store.get('dataset', 'd')?.tokens).toBeNull()
  })
})

test('a write that comes after the closing is refused and says so', async () => {
  const path = folder()
  const workspace = await open(path)
  const { store } = workspace
  const before = store.put([{ kind: 'prompt', key: 'a', after: { text: 'in time' } }])
  const closing = close(workspace)
  const late = await rejection(store.put([{ kind: 'prompt', key: 'b', after: { text: 'late' } }]))
  expect([late.kind, late.message]).toEqual(['not-found', 'The workspace was closed meanwhile'])
  await before
  await closing
  expect([...(await open(path)).store.all('prompt').keys()]).toEqual(['a'])
})
