import { afterEach, describe, expect, test, vi } from 'vitest'
import { conceptStatuses } from '../../../src/contract/workbench/neurons.ts'
import { bulkEdit, previewBulk } from '../../../src/main/services/review/bulk-edits.ts'
import { hashOfConcepts } from '../../../src/main/services/rankings/concepts-hash.ts'
import { conceptsInUse } from '../../../src/main/services/rankings/ranking-inputs.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open, close } = workspaceBench()

afterEach(() => vi.useRealTimers())

/** Lexical sentences of four neurons. */
const lexical = [
  ['mlp:0:0', 'verbs', 0.5],
  ['mlp:0:1', 'digits', 0.4],
  ['mlp:0:2', 'colours', 0.3],
  ['mlp:0:3', 'cities', 0.2],
] as const

async function begun(): Promise<Reviewing> {
  const at = await reviewing(await open(folder()))
  await at.explain('a', 'lexical', lexical)
  return at
}

const ranked = ({ workspace }: Reviewing) =>
  conceptsInUse(workspace).map(({ neuron, text, score }) => [neuron, text, score])

describe('an accepted sentence', () => {
  test('stays shown, filtered and ranked with its score when explainers write another one, which stands beside it', async () => {
    const at = await begun()
    await at.review('accepted', 'mlp:0:0')
    await at.explain('b', 'llm', [['mlp:0:0', 'verbs of motion', 0.9]])
    expect(await at.shown('mlp:0:0')).toEqual(['accepted', 'verbs', 'lexical', 0.5])
    const { concepts } = await at.data()
    expect(concepts.conceptAt(0)).toMatchObject({ suggestion: 'verbs of motion', hasNewer: true })
    expect([concepts.texts[0], conceptStatuses[concepts.status[0]!], concepts.scores[0]]).toEqual([
      'verbs',
      'accepted',
      0.5,
    ])
    expect(JSON.parse(await (await concepts.json()).text())).toEqual([...concepts.texts])
    expect(ranked(at)[0]).toEqual(['mlp:0:0', 'verbs', 0.5])
    expect(await at.reviewed('mlp:0:0')).toMatchObject({
      hasNewer: true,
      verdict: { status: 'accepted', author: 'Ada' },
    })
  })

  test('gives way when the newer one is taken, and comes back with undo', async () => {
    const at = await begun()
    await at.review('accepted', 'mlp:0:0')
    await at.explain('b', 'llm', [['mlp:0:0', 'verbs of motion', 0.9]])
    const before = hashOfConcepts(at.workspace)
    await at.revert('mlp:0:0')
    expect(await at.shown('mlp:0:0')).toEqual(['suggested', 'verbs of motion', 'llm', 0.9])
    expect(hashOfConcepts(at.workspace)).not.toBe(before)
    await at.store.undo()
    expect(await at.shown('mlp:0:0')).toEqual(['accepted', 'verbs', 'lexical', 0.5])
    expect(hashOfConcepts(at.workspace)).toBe(before)
  })

  test('makes no ranking out of date', async () => {
    const at = await begun()
    const before = hashOfConcepts(at.workspace)
    await at.review('accepted', 'mlp:0:0', 'mlp:0:1')
    expect(hashOfConcepts(at.workspace)).toBe(before)
  })

  test('of many at once stays, too', async () => {
    const at = await begun()
    const action = { kind: 'accept' } as const
    await bulkEdit(at.session, at.tables, { filter: {}, action, expected: 4 })
    await at.explain('b', 'llm', [['mlp:0:1', 'figures', 0.9]])
    expect(await at.shown('mlp:0:1')).toEqual(['accepted', 'digits', 'lexical', 0.4])
    expect(await previewBulk(at.tables, { filter: {}, action })).toMatchObject({ count: 0, found: 8 })
    const reopen = { kind: 'reopen' } as const
    await bulkEdit(at.session, at.tables, { filter: { neurons: ['mlp:0:1'] }, action: reopen, expected: 1 })
    expect(await at.shown('mlp:0:1')).toEqual(['suggested', 'figures', 'llm', 0.9])
  })
})

describe('a rejection', () => {
  test('counts for its sentence alone: a new one is suggested and ranked, and the old one told', async () => {
    const at = await begun()
    await at.review('rejected', 'mlp:0:1')
    expect(ranked(at).map(([neuron]) => neuron)).toEqual(['mlp:0:0', 'mlp:0:2', 'mlp:0:3'])
    await at.explain('b', 'llm', [['mlp:0:1', 'figures', 0.9]])
    expect(await at.shown('mlp:0:1')).toEqual(['suggested', 'figures', 'llm', 0.9])
    expect(ranked(at)).toContainEqual(['mlp:0:1', 'figures', 0.9])
    const { verdict, rejected } = await at.reviewed('mlp:0:1')
    expect(verdict).toBeNull()
    expect(rejected).toMatchObject([{ text: 'digits', author: 'Ada' }])
    expect((await at.history('mlp:0:1')).map(({ author, text }) => [author, text])).toEqual([
      ['lexical', 'digits'],
      ['Ada', 'digits'],
      ['llm', 'figures'],
    ])
  })

  test('is remembered when another sentence was rejected since, and the first comes again', async () => {
    const at = await begun()
    await at.review('rejected', 'mlp:0:1')
    await at.explain('b', 'llm', [['mlp:0:1', 'figures']])
    const before = hashOfConcepts(at.workspace)
    await at.review('rejected', 'mlp:0:1')
    expect(hashOfConcepts(at.workspace)).not.toBe(before)
    await at.explain('c', 'another', [['mlp:0:1', 'digits']])
    expect((await at.shown('mlp:0:1'))[0]).toBe('rejected')
    await at.review('suggested', 'mlp:0:1')
    expect((await at.shown('mlp:0:1'))[0]).toBe('suggested')
    await at.explain('d', 'llm', [['mlp:0:1', 'figures']])
    expect((await at.shown('mlp:0:1'))[0]).toBe('rejected')
    for (let step = 0; step < 3; step++) await at.store.undo()
    expect(at.store.all('review').size).toBe(0)
    for (let step = 0; step < 3; step++) await at.store.redo()
    expect((await at.reviewed('mlp:0:1')).rejected.map(({ text }) => text)).toEqual(['figures'])
  })

  test('of a person’s own sentence lets a newer suggestion stand, and who accepts that has no edit any more', async () => {
    const at = await begun()
    await at.edit('mlp:0:2', 'names of colours')
    await at.review('rejected', 'mlp:0:2')
    expect(await at.shown('mlp:0:2')).toEqual(['rejected', 'names of colours', 'Ada', null])
    await at.explain('b', 'llm', [['mlp:0:2', 'paint', 0.9]])
    expect((await at.shown('mlp:0:2')).slice(0, 2)).toEqual(['suggested', 'paint'])
    await at.review('accepted', 'mlp:0:2')
    expect(at.store.get('concept-edit', 'mlp:0:2')).toBeNull()
    expect((await at.shown('mlp:0:2')).slice(0, 2)).toEqual(['accepted', 'paint'])
  })

  test('stays with its sentence beside an edit', async () => {
    const at = await begun()
    await at.review('rejected', 'mlp:0:3')
    await at.edit('mlp:0:3', 'places')
    expect(await at.shown('mlp:0:3')).toEqual(['edited', 'places', 'Ada', null])
    await at.revert('mlp:0:3')
    expect((await at.shown('mlp:0:3')).slice(0, 2)).toEqual(['rejected', 'cities'])
  })
})

describe('verdicts of before, which do not say on what they were', () => {
  test('hold for the sentence of their time, and for the one of now where no time tells', async () => {
    const path = folder()
    const first = await reviewing(await open(path))
    await first.explain('a', 'lexical', lexical, 1000)
    await first.explain(
      'b',
      'llm',
      [
        ['mlp:0:0', 'verbs of motion', 0.9],
        ['mlp:0:1', 'figures'],
      ],
      2000,
    )
    await first.store.put([
      { kind: 'review', key: 'mlp:0:0', after: { status: 'accepted', at: 1500 } },
      { kind: 'review', key: 'mlp:0:1', after: { status: 'rejected' } },
    ])
    expect(await first.shown('mlp:0:0')).toEqual(['accepted', 'verbs', 'lexical', 0.5])
    expect((await first.shown('mlp:0:1')).slice(0, 2)).toEqual(['rejected', 'figures'])
    expect(ranked(first).map(([, text]) => text)).toEqual(['verbs', 'colours', 'cities'])
    await close(first.workspace)
    const again = await reviewing(await open(path))
    await again.explain('c', 'another', [
      ['mlp:0:0', 'words'],
      ['mlp:0:1', 'numbers'],
    ])
    expect((await again.shown('mlp:0:0')).slice(0, 2)).toEqual(['accepted', 'verbs'])
    expect((await again.shown('mlp:0:1')).slice(0, 2)).toEqual(['suggested', 'numbers'])
  })
})

describe('when the clock jumps back', () => {
  test('a suggestion is newer than an edit and a verdict before it, and the history is in order', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 5, 2) })
    const at = await begun()
    await at.edit('mlp:0:0', 'my verbs')
    await at.review('accepted', 'mlp:0:1')
    vi.setSystemTime(Date.UTC(2026, 5, 1))
    await at.explain('b', 'llm', [
      ['mlp:0:0', 'verbs of motion'],
      ['mlp:0:1', 'figures'],
    ])
    expect((await at.reviewed('mlp:0:0')).hasNewer).toBe(true)
    expect((await at.reviewed('mlp:0:1')).hasNewer).toBe(true)
    await at.edit('mlp:0:0', 'all my verbs')
    expect((await at.reviewed('mlp:0:0')).hasNewer).toBe(false)
    await at.review('accepted', 'mlp:0:0')
    const edits = (await at.history('mlp:0:0')).filter(({ author }) => author === 'Ada')
    expect(edits.map(({ text }) => text)).toEqual(['my verbs', 'all my verbs', 'all my verbs'])
  })
})
