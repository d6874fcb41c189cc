import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Resolution, ReviewLine } from '../../../src/contract/workbench/review.ts'
import { compareReview, mergeReview } from '../../../src/main/services/review/merge-review.ts'
import { exportReview } from '../../../src/main/services/review/review-file.ts'
import { noteNeuron } from '../../../src/main/services/review/reviewed-neuron.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open, scratch } = workspaceBench()

async function begun(reviewer: string | null) {
  const at = await reviewing(await open(folder()), reviewer)
  await at.explain('a', 'lexical', [
    ['mlp:0:0', 'verbs', 0.5],
    ['mlp:0:1', 'digits', 0.4],
  ])
  return at
}

function fileOf(author: string, ...lines: readonly Partial<ReviewLine>[]): string {
  const path = join(scratch(), 'theirs.jsonl')
  const rest = { author, at: 5, note: null, pin: null, edited: false, verdict: 'accepted' }
  writeFileSync(path, lines.map((line) => `${JSON.stringify({ ...rest, ...line })}\n`).join(''))
  return path
}

async function merge(at: Reviewing, path: string, others: Resolution) {
  const { hash } = await compareReview(at.session, at.tables, path)
  return mergeReview(at.session, at.tables, { path, hash, resolutions: {}, others })
}

async function noted(at: Reviewing, neuron: string) {
  return (await at.reviewed(neuron)).notes.map(({ author, text }) => [author, text])
}

describe('a second reviewer of the same name', () => {
  const theirs = () =>
    fileOf(
      'person',
      { neuron: 'mlp:0:0', text: 'verbs', note: 'their note' },
      { neuron: 'mlp:0:1', text: 'digits', note: 'new here' },
    )

  test('is told before anything is done, and a differing note is a conflict', async () => {
    const at = await begun(null)
    await noteNeuron(at.session, 'mlp:0:0', 'my long precious note')
    const preview = await compareReview(at.session, at.tables, theirs())
    expect(preview).toMatchObject({ ownName: 'person', authors: ['person'], same: 0, fresh: 1 })
    expect(preview.conflicts.map(({ neuron, differs, mine }) => [neuron, differs, mine.note])).toEqual([
      ['mlp:0:0', ['note'], 'my long precious note'],
    ])
  })

  test.each([
    ['mine', 'my long precious note'],
    ['theirs', 'their note'],
    ['both', 'my long precious note\naccepted\ntheir note'],
  ] as const)('whose note is a conflict leaves with “%s”: %j', async (resolution, text) => {
    const at = await begun(null)
    await noteNeuron(at.session, 'mlp:0:0', 'my long precious note')
    const path = theirs()
    await merge(at, path, resolution)
    expect(await noted(at, 'mlp:0:0')).toEqual([['person', text]])
    expect(await noted(at, 'mlp:0:1')).toEqual([['person', 'new here']])
    const again = await compareReview(at.session, at.tables, path)
    expect(again.conflicts.map(({ neuron }) => neuron)).toEqual(resolution === 'mine' ? ['mlp:0:0'] : [])
    await at.store.undo()
    expect(await noted(at, 'mlp:0:0')).toEqual([['person', 'my long precious note']])
  })

  test('is none where the names are two: notes stand side by side', async () => {
    const at = await begun('Ada')
    await noteNeuron(at.session, 'mlp:0:0', 'mine')
    const path = fileOf('Bob', { neuron: 'mlp:0:0', text: 'verbs', note: 'theirs' })
    expect(await compareReview(at.session, at.tables, path)).toMatchObject({ ownName: null, fresh: 1, conflicts: [] })
    await merge(at, path, 'mine')
    expect(await noted(at, 'mlp:0:0')).toEqual([
      ['Ada', 'mine'],
      ['Bob', 'theirs'],
    ])
    const later = fileOf('Bob', { neuron: 'mlp:0:0', text: 'verbs', note: 'another' })
    expect((await compareReview(at.session, at.tables, later)).conflicts.map(({ differs }) => differs)).toEqual([
      ['note'],
    ])
  })
})

describe('a reviewer without a name', () => {
  test('exports nothing, and what was said before a name was given goes along when it is wished', async () => {
    const workspace = await open(folder())
    const before = await reviewing(workspace, null)
    await before.explain('a', 'lexical', [
      ['mlp:0:0', 'verbs', 0.5],
      ['mlp:0:1', 'digits', 0.4],
    ])
    await before.review('accepted', 'mlp:0:0')
    await noteNeuron(before.session, 'mlp:0:0', 'seen twice')
    await expect(exportReview(before.session, before.tables)).rejects.toThrow('could be anybody’s')
    const ada = await reviewing(workspace, 'Ada')
    await ada.review('rejected', 'mlp:0:1')
    const written = async (withNameless: boolean) => {
      const { path } = await exportReview(ada.session, ada.tables, { withNameless })
      const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n')
      return lines
        .map((line) => JSON.parse(line) as ReviewLine)
        .map(({ neuron, verdict, author, note }) => [neuron, verdict, author, note])
    }
    expect(await written(false)).toEqual([['mlp:0:1', 'rejected', 'Ada', null]])
    expect(await written(true)).toEqual([
      ['mlp:0:0', 'accepted', 'Ada', 'seen twice'],
      ['mlp:0:1', 'rejected', 'Ada', null],
    ])
  })
})
