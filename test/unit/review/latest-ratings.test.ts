import { describe, expect, test } from 'vitest'
import type { Role } from '../../../src/contract/workbench/datasets.ts'
import { latestRatings } from '../../../src/main/services/rankings/latest-ratings.ts'
import { hashOfConcepts } from '../../../src/main/services/rankings/concepts-hash.ts'
import type { Documents } from '../../../src/main/services/workspace/documents.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing } from './reviewing.ts'

const { folder, open } = workspaceBench()

const mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' as const }

function dataset(name: string, ...roles: Role[]): Documents['dataset'] {
  const place = { base: 'workspace' as const, path: `data/${name}.txt` }
  const counts = { documents: 1, rejectedCount: 0, dataHash: name, bytes: null, modifiedAt: null, tokens: null }
  return { name, place, format: 'text', kind: 'text', mapping, roles, ...counts }
}

async function begun() {
  const { workspace, store } = await reviewing(await open(folder()))
  const recording = store.get('recording', 'r')!
  await store.put([
    { kind: 'dataset', key: 'verbs', after: dataset('verbs', 'forget') },
    { kind: 'dataset', key: 'digits', after: dataset('digits', 'retain') },
    { kind: 'dataset', key: 'cities', after: dataset('cities') },
    { kind: 'recording', key: 'of-digits', after: { ...recording, dataset: 'digits' } },
    { kind: 'recording', key: 'of-cities', after: { ...recording, dataset: 'cities' } },
  ])
  const rate = (id: string, about: string, concepts?: string) => {
    const after = {
      file: `ratings/${id}.jsonl`,
      rater: 'test',
      dataset: about,
      rated: 1,
      at: 1,
      ...(concepts && { concepts }),
    }
    return store.put([{ kind: 'rating-set', key: id, after }])
  }
  const latest = (forget: string | null = null) => {
    const warnings: string[] = []
    const path = latestRatings(workspace, forget, { warn: (sentence) => void warnings.push(sentence) })
    return { name: path.split(/[\\/]/).at(-1), warnings }
  }
  return { workspace, rate, latest }
}

describe('the ratings that rank', () => {
  test('are the newest for the data that is to be forgotten, or for those that are named', async () => {
    const { rate, latest } = await begun()
    await rate('a', 'verbs')
    await rate('b', 'verbs')
    await rate('c', 'digits')
    expect(latest()).toEqual({ name: 'b.jsonl', warnings: [] })
    expect(latest('of-digits')).toEqual({ name: 'c.jsonl', warnings: [] })
    expect(() => latest('of-cities')).toThrow('No concept is rated for cities yet')
  })

  test('say so when they are for other data', async () => {
    const { rate, latest } = await begun()
    expect(() => latest()).toThrow('No concept is rated yet')
    await rate('a', 'digits')
    expect(latest().warnings).toEqual(['The ratings are for digits, which is not the forget data'])
  })

  test('of before, which do not say what was rated, tell when concepts changed since', async () => {
    const { workspace, rate, latest } = await begun()
    await rate('a', 'verbs', hashOfConcepts(workspace))
    expect(latest().warnings).toEqual([])
    const after = { text: 'paint', author: 'Ada', at: 1 }
    await workspace.store.edit('Edited', [{ kind: 'concept-edit', key: 'mlp:0:0', after }])
    expect(latest().warnings).toEqual([
      'The concepts changed after they were rated, and the ratings do not say which sentences they are of',
    ])
  })
})
