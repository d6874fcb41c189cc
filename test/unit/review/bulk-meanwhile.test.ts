import { describe, expect, test } from 'vitest'
import { breathe } from '../../../src/main/services/breathe.ts'
import { bulkEdit } from '../../../src/main/services/review/bulk-edits.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing } from './reviewing.ts'

const { folder, open } = workspaceBench()

/** As many as are prepared in several turns. */
const many = 1200

async function begun() {
  const at = await reviewing(await open(folder()), 'Ada', many)
  await at.explain(
    'a',
    'lexical',
    Array.from({ length: many }, (_, i) => [`mlp:0:${i}`, `verbs ${i}`, 0.5] as const),
  )
  await at.data()
  const action = { kind: 'replace', find: 'verbs', with: 'nouns', matchCase: true } as const
  const bulk = () => bulkEdit(at.session, at.tables, { filter: {}, action, expected: many })
  return { ...at, bulk }
}

describe('a person who edits while an edit of many is prepared', () => {
  test('is never written over: where her sentence is none of them any more, nothing is changed', async () => {
    const at = await begun()
    const bulk = Promise.allSettled([at.bulk()])
    await breathe()
    await at.edit('mlp:0:3', 'what a person just wrote')
    const [went] = await bulk
    expect(went).toMatchObject({
      status: 'rejected',
      reason: { kind: 'bad-argument', message: `${many - 1} neurons would change now, not ${many}` },
    })
    expect((await at.shown('mlp:0:3')).slice(0, 3)).toEqual(['edited', 'what a person just wrote', 'Ada'])
    expect((await at.shown('mlp:0:4')).slice(0, 2)).toEqual(['suggested', 'verbs 4'])
    expect(at.store.history().map(({ label }) => label)).toEqual(['Edited the concept of mlp:0:3'])
  })

  test('has her own sentence changed where it is one of them, and undo brings it back', async () => {
    const at = await begun()
    const bulk = at.bulk()
    await breathe()
    // Not waited for: it may still be on its way to the disk when the other one is ready.
    const edit = at.edit('mlp:0:3', 'verbs of a person')
    expect(await bulk).toMatchObject({ changed: many })
    await edit
    expect((await at.shown('mlp:0:3')).slice(0, 2)).toEqual(['edited', 'nouns of a person'])
    expect((await at.shown('mlp:0:4')).slice(0, 2)).toEqual(['edited', 'nouns 4'])
    await at.store.undo()
    expect((await at.shown('mlp:0:3')).slice(0, 2)).toEqual(['edited', 'verbs of a person'])
    expect((await at.shown('mlp:0:4')).slice(0, 2)).toEqual(['suggested', 'verbs 4'])
  })

  test('lets it go on when she says something of another neuron', async () => {
    const at = await begun()
    const bulk = bulkEdit(at.session, at.tables, {
      filter: { neurons: ['mlp:0:1', 'mlp:0:2'] },
      action: { kind: 'accept' },
      expected: 2,
    })
    await at.edit('mlp:0:3', 'what a person just wrote')
    expect(await bulk).toEqual({ changed: 2, label: 'Accepted 2 concepts' })
    expect((await at.shown('mlp:0:1')).slice(0, 2)).toEqual(['accepted', 'verbs 1'])
  })
})
