import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importConcepts, lookAtConcepts } from '../../../src/main/services/exchange/import-concepts.ts'
import { reportFacts } from '../../../src/main/services/reports/report-facts.ts'
import { conceptsInUse } from '../../../src/main/services/rankings/ranking-inputs.ts'
import { quietTask } from '../../../src/main/services/task.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open, scratch } = workspaceBench()

const neurons = Array.from({ length: 7 }, (_, index) => `mlp:0:${index}`)

/** Accepted, rejected, edited, edited and accepted, accepted before a newer one came, a formula, nobody looked at. */
async function reviewedByAda(): Promise<Reviewing> {
  const at = await reviewing(await open(folder()))
  const texts = ['verbs', 'digits', 'colours', 'cities', 'months', '=SUM(A1)', 'rivers']
  await at.explain(
    'a',
    'lexical',
    neurons.map((neuron, index) => [neuron, texts[index]!, 0.1 * (index + 1)]),
  )
  await at.review('accepted', 'mlp:0:0', 'mlp:0:4', 'mlp:0:5')
  await at.review('rejected', 'mlp:0:1')
  await at.edit('mlp:0:2', 'paint')
  await at.edit('mlp:0:3', 'capitals')
  await at.review('accepted', 'mlp:0:3')
  await at.explain('b', 'llm', [['mlp:0:4', 'seasons', 0.95]])
  return at
}

const standing = (at: Reviewing) => Promise.all(neurons.map((neuron) => at.shown(neuron)))
const verdicts = (at: Reviewing) => Promise.all(neurons.map(async (neuron) => (await at.reviewed(neuron)).verdict))
const linesOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('exported concepts', () => {
  test('say what was accepted, edited and rejected, and by whom', async () => {
    const at = await reviewedByAda()
    const lines = linesOf((await at.write('concepts')).path)
    expect(lines.map(({ text, author, status, reviewer }) => [text, author, status, reviewer])).toEqual([
      ['verbs', 'lexical', 'accepted', 'Ada'],
      ['digits', 'lexical', 'rejected', 'Ada'],
      ['paint', 'Ada', 'edited', 'Ada'],
      ['capitals', 'Ada', 'accepted', 'Ada'],
      ['months', 'lexical', 'accepted', 'Ada'],
      ['=SUM(A1)', 'lexical', 'accepted', 'Ada'],
      ['rivers', 'lexical', 'suggested', null],
    ])
  })

  test('leave a rejected sentence that another one replaced to the history; a report counts what stands', async () => {
    const at = await reviewedByAda()
    const counted = async () => (await reportFacts(at.workspace)).review
    expect(await counted()).toMatchObject({ edited: 2, accepted: 4, rejected: 1 })
    await at.explain('c', 'llm', [['mlp:0:1', 'numerals', 0.9]])
    expect(await counted()).toMatchObject({ edited: 2, accepted: 4, rejected: 0 })
    const ofNeuron = (line: Record<string, unknown>) => line['neuron'] === 'mlp:0:1'
    const [exported] = linesOf((await at.write('concepts')).path).filter(ofNeuron)
    expect(exported).toMatchObject({ text: 'numerals', status: 'suggested' })
    const history = linesOf((await at.write('history')).path).filter(ofNeuron)
    expect(history.map(({ text, author }) => [text, author])).toEqual([
      ['digits', 'lexical'],
      ['digits', 'Ada'],
      ['numerals', 'llm'],
    ])
    writeFileSync(at.workspace.file('concepts', 'c.jsonl'), 'torn')
    const damaged = await reportFacts(at.workspace)
    expect(damaged.review).toMatchObject({ accepted: 4, rejected: 1 })
    expect(damaged.warnings.join()).toContain('c.jsonl, line 1: this is not JSON')
  })

  test('that are taken in write over nothing that is said while they are read', async () => {
    const { path } = await (await reviewedByAda()).write('concepts')
    const second = await reviewing(await open(folder()), 'Bob')
    const meanwhile: Promise<unknown>[] = []
    const report = ({ stage }: { readonly stage: string }) => {
      if (stage === 'Writing concepts') meanwhile.push(second.edit('mlp:0:0', 'my own words'))
    }
    await importConcepts(second.session, second.tables, path, { ...quietTask(), report })
    expect(await Promise.all(meanwhile)).toHaveLength(1)
    expect((await second.shown('mlp:0:0')).slice(0, 2)).toEqual(['edited', 'my own words'])
    expect((await second.shown('mlp:0:1')).slice(0, 2)).toEqual(['rejected', 'digits'])
  })

  test.each(['jsonl', 'csv'] as const)(
    'as %s give another workspace the same verdicts and the same ranking',
    async (format) => {
      const first = await reviewedByAda()
      const { path } = await first.write('concepts', format)
      const second = await reviewing(await open(folder()), 'Bob')
      expect(await lookAtConcepts(second.tables, path)).toMatchObject({ concepts: 7, reviewed: 6, besidePersons: 0 })
      await second.import(path)
      expect(await standing(second)).toEqual(await standing(first))
      expect(await verdicts(second)).toEqual(await verdicts(first))
      const used = (at: Reviewing) =>
        conceptsInUse(at.workspace).map(({ neuron, text, score }) => [neuron, text, score])
      expect(used(second)).toEqual(used(first))
      await second.store.undo()
      expect(second.store.all('review').size + second.store.all('concept-edit').size).toBe(0)
    },
  )

  test('change nothing that was said in the other workspace', async () => {
    const first = await reviewedByAda()
    const { path } = await first.write('concepts')
    const second = await reviewing(await open(folder()), 'Bob')
    await second.explain('x', 'lexical', [
      ['mlp:0:0', 'words'],
      ['mlp:0:1', 'digits'],
    ])
    await second.edit('mlp:0:0', 'words of Bob')
    await second.review('accepted', 'mlp:0:1')
    expect(await lookAtConcepts(second.tables, path)).toMatchObject({ reviewed: 4, besidePersons: 2 })
    await second.import(path)
    expect((await second.shown('mlp:0:0')).slice(0, 2)).toEqual(['edited', 'words of Bob'])
    expect((await second.reviewed('mlp:0:1')).verdict).toMatchObject({ status: 'accepted', author: 'Bob' })
  })
})

describe('the history', () => {
  test('holds what explainers and imports said, when and by whom, between what persons did', async () => {
    const at = await reviewing(await open(folder()))
    await at.explain('a', 'lexical', [['mlp:0:0', 'verbs']])
    await at.review('rejected', 'mlp:0:0')
    const path = join(scratch(), 'others.csv')
    writeFileSync(path, 'layer,neuron,score,explanation\n0,0,0.9,words of the sea\n')
    await at.import(path)
    await at.edit('mlp:0:0', 'words of the lake')
    await at.store.undo()
    const said = [
      ['lexical', 'Explained it (lexical)', 'verbs', false],
      ['Ada', 'Rejected the concept of mlp:0:0', 'verbs', false],
      ['import', 'Imported 1 concepts from others.csv, by Ada', 'words of the sea', false],
      ['Ada', 'Edited the concept of mlp:0:0', 'words of the lake', true],
    ]
    const told = (lines: readonly Partial<Record<'author' | 'what' | 'text' | 'undone', unknown>>[]) =>
      lines.map(({ author, what, text, undone }) => [author, what, text, undone])
    expect(told(await at.history('mlp:0:0'))).toEqual(said)
    const written = linesOf((await at.write('history')).path)
    expect(told(written)).toEqual(said)
    expect(new Set(written.map(({ neuron }) => neuron))).toEqual(new Set(['mlp:0:0']))
  })
})
