import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { lookAtConcepts } from '../../../src/main/services/exchange/import-concepts.ts'
import { hashOfConcepts } from '../../../src/main/services/rankings/concepts-hash.ts'
import { conceptsInUse } from '../../../src/main/services/rankings/ranking-inputs.ts'
import { Sentences } from '../../../src/main/services/review/second-opinions.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open, scratch } = workspaceBench()

function fileOf(name: string, text: string): string {
  const path = join(scratch(), name)
  writeFileSync(path, text)
  return path
}

async function opinions(at: Reviewing, row: number) {
  return new Sentences().latestTwo(await at.data(), row)
}

const columns = () =>
  fileOf(
    'prompts.csv',
    'layer,neuron,Original,Summary,Highlight\n0,1,verbs,doing words,actions\n0,2,digits,numbers,\n0,9,x,y,z\n',
  )

describe('a file with several explanations of one neuron', () => {
  test('is told as what arrives: concepts, neurons and columns', async () => {
    const at = await reviewing(await open(folder()))
    const told = await lookAtConcepts(at.tables, columns())
    expect(told).toMatchObject({
      concepts: 5,
      neurons: 2,
      authors: [
        { author: 'Original', concepts: 2 },
        { author: 'Summary', concepts: 2 },
        { author: 'Highlight', concepts: 1 },
      ],
      otherAuthors: 0,
      repeated: 0,
      elsewhere: 3,
      rejectedCount: 1,
    })
    expect(told.sample.map(({ text, isInUse }) => [text, isInUse])).toEqual([
      ['verbs', true],
      ['doing words', false],
      ['actions', false],
      ['digits', true],
      ['numbers', false],
    ])
    expect(await at.import(columns())).toEqual(told)
    const arrived = (await at.reviewed('mlp:0:1')).sentences.length + (await at.reviewed('mlp:0:2')).sentences.length
    expect(arrived).toBe(told.concepts)
  })

  test('keeps all of them side by side, the first in use, and their disagreement is seen', async () => {
    const at = await reviewing(await open(folder()))
    await at.import(columns())
    expect((await at.reviewed('mlp:0:1')).sentences.map(({ author, text }) => [author, text])).toEqual([
      ['Highlight', 'actions'],
      ['Summary', 'doing words'],
      ['Original', 'verbs'],
    ])
    expect(await at.shown('mlp:0:1')).toEqual(['suggested', 'verbs', 'Original', null])
    expect(await opinions(at, 1)).toEqual(['verbs', 'doing words'])
    expect(conceptsInUse(at.workspace).map(({ neuron, text }) => [neuron, text])).toEqual([
      ['mlp:0:1', 'verbs'],
      ['mlp:0:2', 'digits'],
    ])
    expect((await at.history('mlp:0:1')).map(({ text }) => text)).toEqual(['verbs', 'doing words', 'actions'])
  })

  test('has the best-scored in use, also in the ranking and where it stands first', async () => {
    const at = await reviewing(await open(folder()))
    const line = (neuron: string, author: string, score: number | null) =>
      JSON.stringify({
        neuron,
        text: `${author} of ${neuron}`,
        author,
        explainer: 'x',
        score,
        scoreKind: 's',
        status: 'suggested',
      })
    const path = fileOf(
      'scored.jsonl',
      [
        line('mlp:0:2', 'a', 0.9),
        line('mlp:0:2', 'b', 0.1),
        line('mlp:0:2', 'c', null),
        line('mlp:0:2', 'a', 0.95),
        line('mlp:0:3', 'c', null),
        line('mlp:0:3', 'b', -0.1),
      ].join('\n'),
    )
    expect(await at.import(path)).toMatchObject({ concepts: 5, neurons: 2, repeated: 1 })
    expect(await at.shown('mlp:0:2')).toEqual(['suggested', 'a of mlp:0:2', 'a', 0.95])
    expect(await at.shown('mlp:0:3')).toEqual(['suggested', 'b of mlp:0:3', 'b', -0.1])
    expect(conceptsInUse(at.workspace).map(({ author, score }) => [author, score])).toEqual([
      ['a', 0.95],
      ['b', -0.1],
    ])
    expect((await at.reviewed('mlp:0:2')).sentences.map(({ author, score }) => [author, score])).toEqual([
      ['c', null],
      ['b', 0.1],
      ['a', 0.95],
    ])
    expect(await opinions(at, 2)).toEqual(['a of mlp:0:2', 'b of mlp:0:2'])
  })

  test('brings an acceptance of another one than the best: that stands, the best beside it, and taking it back is seen', async () => {
    const at = await reviewing(await open(folder()))
    const line = (text: string, more: object) =>
      JSON.stringify({ neuron: 'mlp:0:2', text, author: text, explainer: 'x', scoreKind: 's', ...more })
    const said = { status: 'accepted', reviewer: 'Eve', reviewedAt: '2026-01-02T03:04:05.000Z' }
    const path = fileOf(
      'reviewed.jsonl',
      [line('worse', { score: 0.1, ...said }), line('best', { score: 0.9, status: 'suggested' })].join('\n'),
    )
    expect(await at.import(path)).toMatchObject({ concepts: 2, neurons: 1, reviewed: 1 })
    expect(await at.shown('mlp:0:2')).toEqual(['accepted', 'worse', 'worse', 0.1])
    expect((await at.reviewed('mlp:0:2')).hasNewer).toBe(true)
    const before = hashOfConcepts(at.workspace)
    await at.review('suggested', 'mlp:0:2')
    expect(await at.shown('mlp:0:2')).toEqual(['suggested', 'best', 'best', 0.9])
    expect(hashOfConcepts(at.workspace)).not.toBe(before)
  })

  test('of before, which was taken in line by line, shows the best-scored, too', async () => {
    const at = await reviewing(await open(folder()))
    await at.explain('a', 'import', [
      ['mlp:0:2', 'best', 0.9],
      ['mlp:0:2', 'worst', 0.1],
    ])
    expect(await at.shown('mlp:0:2')).toEqual(['suggested', 'best', 'import', 0.9])
    expect(conceptsInUse(at.workspace).map(({ text }) => text)).toEqual(['best'])
    await at.explain('b', 'lexical', [['mlp:0:2', 'newer', 0.2]])
    expect(await at.shown('mlp:0:2')).toEqual(['suggested', 'newer', 'lexical', 0.2])
  })
})
