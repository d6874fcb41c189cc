import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hashOfConcepts } from '../../../src/main/services/rankings/concepts-hash.ts'
import { compareReview, mergeReview } from '../../../src/main/services/review/merge-review.ts'
import { ownOpinions } from '../../../src/main/services/review/opinions.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open, scratch } = workspaceBench()

async function begun(): Promise<Reviewing> {
  const at = await reviewing(await open(folder()))
  await at.explain('a', 'lexical', [
    ['mlp:0:0', 'verbs', 0.5],
    ['mlp:0:1', 'digits', 0.4],
    ['mlp:0:2', 'colours', 0.3],
    ['mlp:0:3', 'cities', 0.2],
  ])
  return at
}

function fileOf(lines: readonly Record<string, unknown>[]): string {
  const path = join(scratch(), 'bob.jsonl')
  const signed = lines.map((line) => ({ author: 'Bob', at: 5, note: null, pin: null, edited: false, ...line }))
  writeFileSync(path, signed.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return path
}

async function merged(at: Reviewing, path: string) {
  const { hash } = await compareReview(at.session, at.tables, path)
  return mergeReview(at.session, at.tables, { path, hash, resolutions: {}, others: 'theirs' })
}

describe('a second reviewer who saw other sentences', () => {
  test('agrees only where both judged the same one', async () => {
    const at = await begun()
    await at.review('accepted', 'mlp:0:0', 'mlp:0:1')
    await at.edit('mlp:0:2', 'paint')
    const path = fileOf([
      { neuron: 'mlp:0:0', text: 'verbs', verdict: 'accepted' },
      { neuron: 'mlp:0:1', text: 'numbers', verdict: 'accepted' },
      { neuron: 'mlp:0:2', text: 'dyes', verdict: null, edited: true },
    ])
    const { agreement, conflicts } = await compareReview(at.session, at.tables, path)
    expect(agreement).toMatchObject({ n: 1, same: 1 })
    expect(conflicts.map(({ neuron, differs }) => [neuron, differs])).toEqual([
      ['mlp:0:1', ['text']],
      ['mlp:0:2', ['text']],
    ])
  })

  test('changes nothing by rejecting a sentence that does not stand here', async () => {
    const at = await begun()
    await at.review('accepted', 'mlp:0:1')
    const path = fileOf([
      { neuron: 'mlp:0:0', text: 'nouns', verdict: 'rejected' },
      { neuron: 'mlp:0:1', text: 'numbers', verdict: 'rejected' },
      { neuron: 'mlp:0:3', text: 'cities', verdict: 'rejected' },
    ])
    expect(await compareReview(at.session, at.tables, path)).toMatchObject({
      same: 0,
      fresh: 1,
      otherSentences: 2,
      conflicts: [],
    })
    expect(await merged(at, path)).toMatchObject({ changed: 1 })
    expect((await at.shown('mlp:0:0')).slice(0, 2)).toEqual(['suggested', 'verbs'])
    expect((await at.shown('mlp:0:1')).slice(0, 2)).toEqual(['accepted', 'digits'])
    expect((await at.shown('mlp:0:3')).slice(0, 2)).toEqual(['rejected', 'cities'])
    expect((await at.reviewed('mlp:0:3')).verdict).toEqual({ status: 'rejected', author: 'Bob', at: 5 })
  })

  test('brings the sentence that was accepted, with who wrote it and its score, and not as a person’s', async () => {
    const at = await begun()
    const source = { author: 'llm', score: 0.9, scoreKind: 'detection' }
    const path = fileOf([{ neuron: 'mlp:0:0', text: 'verbs of motion', verdict: 'accepted', source }])
    expect(await compareReview(at.session, at.tables, path)).toMatchObject({ fresh: 1, conflicts: [] })
    const before = hashOfConcepts(at.workspace)
    await merged(at, path)
    expect(await at.shown('mlp:0:0')).toEqual(['accepted', 'verbs of motion', 'llm', 0.9])
    // Rankings of before are out of date.
    expect(hashOfConcepts(at.workspace)).not.toBe(before)
    expect(at.store.get('concept-edit', 'mlp:0:0')).toBeNull()
    expect(await compareReview(at.session, at.tables, path)).toMatchObject({ same: 1, fresh: 0 })
    await at.store.undo()
    expect((await at.shown('mlp:0:0')).slice(0, 2)).toEqual(['suggested', 'verbs'])
  })

  test('is told which sentence was rejected, although another one stands by now', async () => {
    const at = await begun()
    await at.review('rejected', 'mlp:0:3')
    await at.explain('b', 'llm', [['mlp:0:3', 'names of cities']])
    expect(ownOpinions(await at.data(), 'Ada')).toMatchObject([
      {
        neuron: 'mlp:0:3',
        text: 'cities',
        verdict: 'rejected',
        edited: false,
        source: { author: 'lexical', score: 0.2 },
      },
    ])
  })
})
