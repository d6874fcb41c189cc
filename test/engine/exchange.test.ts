import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readDataset } from '../../src/main/services/datasets/index.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { scratchFolder } from './expectations.ts'
import { refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('exchange')

let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']

/** A file of the user's, as a door would grant it. */
function given(name: string, text: string): string {
  mkdirSync(work, { recursive: true })
  const path = join(work, name)
  writeFileSync(path, text)
  return session.grants.grant(path).id
}

type Looking = Awaited<ReturnType<typeof client.exchange.look>>

/** What came of reading a file, after all that was told on the way. */
async function ended(looking: Promise<Looking>) {
  for await (const event of await looking) if (event.kind === 'done') return event.value
  throw new Error('The stream ended without a result')
}

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
  await client.workspace.openDemo({ fresh: true })
}, 120_000)

describe('concepts of another program', () => {
  const table = () =>
    given(
      'others.csv',
      'layer,neuron,score,explanation\n1,117,0.9,words of the sea\n2,5,0.25,"=SUM(A1)"\n99,0,0.5,elsewhere\n1,x,0.5,torn\n',
    )

  test('are counted before they are taken in, with the lines that hold none', async () => {
    expect(await ended(client.exchange.look({ file: table() }))).toMatchObject({
      format: 'table',
      concepts: 2,
      elsewhere: 1,
      besidePersons: 0,
      rejectedCount: 1,
      rejected: [{ line: 5, reason: 'the neuron "x" is no whole number' }],
    })
  })

  test('stand beside what a person wrote, and undo takes them out again', async () => {
    await client.neurons.editConcept({ neuron: 'mlp:1:117', text: 'a sentence of mine' })
    const before = (await client.neurons.page({ neuron: 'mlp:2:5' })).concept
    expect(await ended(client.exchange.importConcepts({ file: table() }))).toMatchObject({
      concepts: 2,
      besidePersons: 1,
    })
    expect((await client.neurons.page({ neuron: 'mlp:1:117' })).concept).toMatchObject({
      text: 'a sentence of mine',
      status: 'edited',
      suggestion: 'words of the sea',
    })
    expect((await client.neurons.page({ neuron: 'mlp:2:5' })).concept).toMatchObject({
      text: '=SUM(A1)',
      score: 0.25,
      scoreKind: 'import: import',
    })
    await client.workspace.undo()
    expect((await client.neurons.page({ neuron: 'mlp:2:5' })).concept.text).toBe(before.text)
    await client.workspace.redo()
    expect((await client.neurons.page({ neuron: 'mlp:2:5' })).concept.text).toBe('=SUM(A1)')
  })

  test('that name no neuron of the recording, or no neuron at all, are refused and nothing changes', async () => {
    const elsewhere = given('elsewhere.csv', 'layer,neuron,explanation\n99,0,somewhere\n')
    expect((await refusalOf(() => ended(client.exchange.importConcepts({ file: elsewhere })))).message).toBe(
      'elsewhere.csv names no neuron of the recording in use',
    )
    const other = given('other.txt', 'once upon a time')
    expect((await refusalOf(() => ended(client.exchange.look({ file: other })))).kind).toBe('bad-data')
  })
})

describe('a large file of concepts', () => {
  const records = Array.from({ length: 3000 }, (_, index) => ({
    neuron_id: { layer_index: 1, neuron_index: index % 700 },
    scored_explanations: [{ explanation: `concept ${index}` }],
    padding: 'x'.repeat(1000),
  }))
  const file = () => given('large.json', JSON.stringify(records))

  test('tells how far it is read, and in the end what it holds', async () => {
    const events: { kind: string; done?: number; total?: number; unit?: string }[] = []
    for await (const event of await client.exchange.look({ file: file() })) events.push(event)
    expect(events[0]).toEqual({ kind: 'progress', stage: 'Reading concepts', done: 1, total: 4, unit: 'MB' })
    expect(events.at(-1)).toMatchObject({ kind: 'done', value: { concepts: 700, repeated: 2300, format: 'OpenAI' } })
  })

  test('is left where it is when the reader leaves: nothing is in the workspace, and nothing is half written', async () => {
    const workspace = session.workspace()
    const state = () => [workspace.store.history().length, readdirSync(workspace.file('concepts')).toSorted()]
    const before = state()
    const leaving = new AbortController()
    const refusal = await refusalOf(async () => {
      for await (const event of await client.exchange.importConcepts({ file: file() }, { signal: leaving.signal })) {
        expect(event.kind).toBe('progress')
        leaving.abort()
      }
    })
    expect(refusal.kind).toBe('cancelled')
    // What comes after it has waited for the same data.
    await ended(client.exchange.look({ file: file() }))
    expect(state()).toEqual(before)
  })
})

describe('tables for other programs', () => {
  test('hold every concept in use, in three formats that read back alike', async () => {
    const written = await Promise.all(
      (['jsonl', 'csv', 'parquet'] as const).map((format) =>
        client.exchange.write({ table: 'concepts', format, ranking: null }),
      ),
    )
    const counts = await Promise.all(
      written.map(async ({ path }) => (await readDataset(path, { textColumn: 'text' })).rows),
    )
    expect(counts).toEqual(written.map(({ rows }) => rows))
    expect(new Set(counts).size).toBe(1)
    const csv = readFileSync(written[1]!.path, 'utf8')
    expect(csv).toContain("mlp:2:5,mlp,2,5,'=SUM(A1),import,import,0.25,")
    expect(csv.split('\r\n')[0]).toBe(
      '\uFEFFneuron,site,layer,index,text,author,explainer,score,scoreKind,status,reason,reviewer,reviewedAt',
    )
  })

  test('hold the review as it was made, undone edits too', async () => {
    await client.neurons.pin({ neurons: ['mlp:0:1'], pin: 'never' })
    await client.workspace.undo()
    const { path } = await client.exchange.write({ table: 'history', format: 'jsonl', ranking: null })
    const edits = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const [explained, said] = [edits.slice(0, 3072), edits.slice(3072)]
    expect(new Set(explained.map(({ what, author }) => `${String(what)}, ${String(author)}`))).toEqual(
      new Set(['Explained it (lexical), lexical']),
    )
    const imported = 'Imported 2 concepts from others.csv, by person'
    expect(said.map(({ neuron, author, what, undone, text }) => [neuron, author, what, undone, text])).toEqual([
      ['mlp:1:117', 'person', 'Edited the concept of mlp:1:117', false, 'a sentence of mine'],
      ['mlp:1:117', 'import', imported, false, 'words of the sea'],
      ['mlp:2:5', 'import', imported, false, '=SUM(A1)'],
      ['mlp:0:1', 'person', 'Pinned mlp:0:1: never prune', true, null],
    ])
  })

  test('hold a ranking in its order', async () => {
    const { path, rows } = await client.exchange.write({
      table: 'ranking',
      format: 'jsonl',
      ranking: 'forget-code.snip',
    })
    const first = JSON.parse(readFileSync(path, 'utf8').split('\n')[0]!) as Record<string, unknown>
    expect(rows).toBe(3072)
    expect(first).toMatchObject({ rank: 1, site: 'mlp' })
  })

  test('of concepts come into a second workspace as they were', async () => {
    const { path, rows } = await client.exchange.write({ table: 'concepts', format: 'jsonl', ranking: null })
    const mine = (await client.neurons.page({ neuron: 'mlp:2:5' })).concept
    await client.workspace.openDemo({ fresh: true })
    const file = session.grants.grant(path).id
    expect(await ended(client.exchange.importConcepts({ file }))).toMatchObject({ concepts: rows, rejectedCount: 0 })
    expect((await client.neurons.page({ neuron: 'mlp:2:5' })).concept).toMatchObject({
      text: mine.text,
      score: mine.score,
    })
  })
})

describe('neurons that another program chose', () => {
  test('become a plan that is measured like any other', async () => {
    const file = given('top.json', '{"blocks.1.mlp.hook_post":[117,5],"blocks.3.mlp.hook_post":[0]}')
    const plan = await client.exchange.importPlan({ file, name: 'Top 3 of SNIP' })
    expect(plan).toMatchObject({ name: 'Top 3 of SNIP', neurons: 3, madeFrom: 'the file top.json' })
    expect((await client.plans.neurons({ id: plan.id })).neurons).toEqual(['mlp:1:117', 'mlp:1:5', 'mlp:3:0'])
    const wrong = given('wrong.json', '{"7":[1]}')
    expect((await refusalOf(() => client.exchange.importPlan({ file: wrong, name: 'x' }))).message).toContain(
      'wrong.json names mlp:7:1, which the model does not have',
    )
  })
})

describe('explanations of one neuron', () => {
  test('of several columns disagree in the queue of what is to be reviewed', async () => {
    const file = given(
      'columns.csv',
      'layer,neuron,Original,Summary\n1,200,words of the sea,words of the sea\n1,201,words of the sea,numbers and code\n',
    )
    expect(await ended(client.exchange.importConcepts({ file }))).toMatchObject({ concepts: 4, neurons: 2 })
    const queue = await client.review.queue({
      order: 'disagreement',
      filter: { neurons: ['mlp:1:200', 'mlp:1:201', 'mlp:1:202'] },
    })
    const values = new Float32Array(await queue.values.arrayBuffer())
    const rows = new Uint32Array(await queue.rows.arrayBuffer())
    const { layout } = queue
    const first = layout.find(({ site, layer }) => site === 'mlp' && layer === 1)!.first
    expect([...rows]).toEqual([first + 201, first + 200, first + 202])
    expect(values[0]).toBeLessThan(0.9)
    expect(values[1]).toBeCloseTo(1, 5)
    expect(values[2]).toBeNaN()
  })
})
