import { existsSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Mapping } from '../../src/contract/workbench/datasets.ts'
import type { WorkbenchSession } from '../../src/main/services/session/session.ts'
import { makePlantedGpt2 } from '../support/models/planted.ts'
import { scratchFolder } from './expectations.ts'
import { refusalOf, startWorkbench } from './workbench.ts'

const work = scratchFolder('workspace-datasets')
let session: WorkbenchSession
let client: Awaited<ReturnType<typeof startWorkbench>>['client']

beforeAll(async () => {
  ;({ session, client } = await startWorkbench(work))
})

const all: Mapping = { textColumn: null, where: null, sample: null, seed: 1, split: 'all' }

function fileOf(name: string, content: string): { path: string; file: string } {
  const path = join(work, name)
  writeFileSync(path, content)
  return { path, file: session.grants.grant(path).id }
}

async function imported(name: string, content: string, mapping: Partial<Mapping> = {}) {
  const { path, file } = fileOf(name, content)
  const dataset = await client.datasets.import({ file, name, mapping: { ...all, ...mapping }, roles: ['probe'] })
  return { path, dataset }
}

async function problemOf(id: string): Promise<string | null> {
  return (await client.datasets.list()).find((dataset) => dataset.id === id)!.problem
}

/** Asks until the background reading has come to the wanted kind of answer. */
async function eventualProblem(id: string, wanted: (problem: string | null) => boolean): Promise<string | null> {
  for (;;) {
    const problem = await problemOf(id)
    if (wanted(problem)) return problem
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('previewing a file', () => {
  test('guesses the text column and tells types, rejected rows by physical line, and rows', async () => {
    const lines = [
      '{"text":"one 👧","n":1,"ok":true}',
      'not json',
      '{"text":"two שלום","n":2,"ok":false}',
      '{"n":3}',
      '{"text":"three","n":4,"tags":["a"]}',
    ]
    const { file } = fileOf('rows.jsonl', lines.join('\n'))
    const preview = await client.datasets.preview({ file, mapping: null })
    expect(preview).toMatchObject({ name: 'rows.jsonl', kind: 'rows', rows: 3, documents: 3, rejectedCount: 2 })
    expect(preview.mapping.textColumn).toBe('text')
    expect(preview.rejected.map(({ line }) => line)).toEqual([2, 4])
    expect(Object.fromEntries(preview.columns.map(({ name, type }) => [name, type]))).toEqual({
      text: 'text',
      n: 'number',
      ok: 'true or false',
      tags: 'list',
    })
    expect(preview.preview[0]).toMatchObject({ text: 'one 👧', n: 1, ok: true })
    expect(preview.preview[2]!['tags']).toBe('["a"]')
  })

  test('shows a table whose text column cannot be told, and does not import it before one is chosen', async () => {
    const { file } = fileOf('two-texts.csv', 'left,right\na,b\nc,d\n')
    const preview = await client.datasets.preview({ file, mapping: null })
    expect(preview).toMatchObject({ rows: 2, documents: 0, mapping: { textColumn: null } })
    const refusal = await refusalOf(() => client.datasets.import({ file, name: 'two', mapping: all, roles: ['probe'] }))
    expect(refusal.kind).toBe('bad-argument')
    expect(`${refusal.message} ${refusal.remedy}`).not.toMatch(/--/)
    expect(refusal.remedy).toBe('Choose the column that holds the text.')
    const chosen = await client.datasets.preview({ file, mapping: { ...all, textColumn: 'right' } })
    expect(chosen).toMatchObject({ documents: 2, mapping: { textColumn: 'right' } })
  })

  test('cuts a row of one megabyte in one line, and its cells end in an ellipsis', async () => {
    const { file } = fileOf('long.jsonl', `${JSON.stringify({ text: 'x'.repeat(1_000_000) })}\n`)
    const preview = await client.datasets.preview({ file, mapping: null })
    const cell = String(preview.preview[0]!['text'])
    expect(cell).toHaveLength(2001)
    expect(cell.endsWith('…')).toBe(true)
    expect(preview.documents).toBe(1)
  })

  test('does not cut a cell of 2,000 characters, nor an emoji in two', async () => {
    const texts = ['y'.repeat(2000), `${'z'.repeat(1999)}👧👧`]
    const { file } = fileOf('edge.jsonl', texts.map((text) => JSON.stringify({ text })).join('\n'))
    const { preview } = await client.datasets.preview({ file, mapping: null })
    expect(preview[0]!['text']).toBe(texts[0])
    expect(preview[1]!['text']).toBe(`${'z'.repeat(1999)}…`)
  })

  test('names at most 1,000 rejected rows and counts all', async () => {
    const { file } = fileOf('bad.jsonl', `{"text":"a"}\n${'nope\n'.repeat(1500)}`)
    const preview = await client.datasets.preview({ file, mapping: null })
    expect([preview.rejectedCount, preview.rejected.length, preview.rejected[999]!.line]).toEqual([1500, 1000, 1001])
  })
})

describe('an imported data set', () => {
  test('is in the list with its count and hash, and undo takes it out again', async () => {
    const { dataset } = await imported('undo.jsonl', '{"text":"a"}\n{"text":"b"}\n')
    expect(dataset).toMatchObject({ documents: 2, format: 'jsonl', kind: 'rows', problem: null, tokens: null })
    expect(dataset.mapping.textColumn).toBe('text')
    expect(session.workspace().store.undoLabel).toBe('Imported the data set undo.jsonl')
    await client.workspace.undo()
    expect((await client.datasets.list()).some(({ id }) => id === dataset.id)).toBe(false)
    await client.workspace.redo()
    expect((await client.datasets.list()).find(({ id }) => id === dataset.id)).toEqual(dataset)
  })

  test('changes name and roles without being read, and mapping with a new hash', async () => {
    const { dataset } = await imported('change.jsonl', '{"text":"a","n":1}\n{"text":"b","n":2}\n{"text":"c","n":3}\n')
    const renamed = await client.datasets.change({ id: dataset.id, name: 'Other', roles: ['forget', 'forget'] })
    expect(renamed).toMatchObject({ name: 'Other', roles: ['forget'], dataHash: dataset.dataHash })
    const filtered = await client.datasets.change({ id: dataset.id, mapping: { ...all, where: 'n >= 2' } })
    expect(filtered.documents).toBe(2)
    expect(filtered.dataHash).not.toBe(dataset.dataHash)
    const page = await client.datasets.documents({ id: dataset.id, offset: 0, limit: 10 })
    expect(page).toEqual({
      total: 2,
      documents: [
        { row: 0, text: 'b' },
        { row: 1, text: 'c' },
      ],
    })
    await client.workspace.undo()
    expect((await client.datasets.documents({ id: dataset.id, offset: 1, limit: 1 })).documents[0]!.text).toBe('b')
  })

  test('keeps its form when a filter is wrong: the failure says so without flags', async () => {
    const { dataset } = await imported('filter.jsonl', '{"text":"a","n":1}\n')
    const refusal = await refusalOf(() =>
      client.datasets.change({ id: dataset.id, mapping: { ...all, where: 'nothing = 1' } }),
    )
    expect(refusal.kind).toBe('bad-argument')
    expect(`${refusal.message} ${refusal.remedy}`).not.toMatch(/--/)
    expect((await client.datasets.list()).find(({ id }) => id === dataset.id)).toEqual(dataset)
  })

  test('pages its documents and cuts long texts', async () => {
    const texts = Array.from({ length: 120 }, (_, i) => ({ text: i === 7 ? 'w'.repeat(1_000_000) : `text ${i} 👧` }))
    const { dataset } = await imported('pages.jsonl', texts.map((row) => JSON.stringify(row)).join('\n'))
    const { total, documents } = await client.datasets.documents({ id: dataset.id, offset: 5, limit: 4 })
    expect(total).toBe(120)
    expect(documents.map(({ row }) => row)).toEqual([5, 6, 7, 8])
    expect(documents[0]!.text).toBe('text 5 👧')
    expect(documents[2]!.text).toBe(`${'w'.repeat(20_000)}…`)
    expect((await client.datasets.documents({ id: dataset.id, offset: 119, limit: 50 })).documents).toHaveLength(1)
    expect((await client.datasets.documents({ id: dataset.id, offset: 500, limit: 50 })).documents).toHaveLength(0)
  })

  test('says so when its file moved away, or holds other text; the same bytes touched again are no problem', async () => {
    const { path, dataset } = await imported('moving.txt', 'The text as it was.')
    utimesSync(path, new Date(), new Date(Date.now() + 60_000))
    const store = session.workspace().store
    expect(await problemOf(dataset.id)).toBeNull()
    const touched = () => store.get('dataset', dataset.id)!.modifiedAt === statSync(path).mtimeMs
    await eventualProblem(dataset.id, () => touched())
    expect(await problemOf(dataset.id)).toBeNull()

    writeFileSync(path, 'Another text.')
    expect(await eventualProblem(dataset.id, (problem) => problem !== null)).toMatch(/changed since it was imported/)
    writeFileSync(path, 'The text as it was.')
    await eventualProblem(dataset.id, (problem) => problem === null)
    renameSync(path, `${path}.away`)
    expect(await problemOf(dataset.id)).toMatch(/no file .*moving\.txt any more: put it back/)
    expect(existsSync(path)).toBe(false)
  })

  test('is removed with its file left where it is', async () => {
    const { path, dataset } = await imported('removed.txt', 'text')
    await client.datasets.remove({ id: dataset.id })
    expect((await client.datasets.list()).some(({ id }) => id === dataset.id)).toBe(false)
    expect(existsSync(path)).toBe(true)
    expect(await refusalOf(() => client.datasets.show({ id: dataset.id }))).toMatchObject({ kind: 'not-found' })
  })
})

describe('counting tokens', () => {
  test('needs a model, counts every document, and keeps the counts until the model changes', async () => {
    const texts = ['q', 'q1', 'qxq', 'qxqx', '1'.repeat(9), '']
    const { dataset } = await imported('count.jsonl', texts.map((text) => JSON.stringify({ text })).join('\n'))
    const refusal = await refusalOf(() => client.datasets.countTokens({ id: dataset.id }))
    expect(refusal).toMatchObject({ kind: 'not-found', remedy: 'Open a model first.' })
    const models = ['planted-a', 'planted-b'].map((name) => makePlantedGpt2(join(work, name)).directory)
    const [first, second] = models.map((path) => ({ source: session.grants.grant(path).id, tokenizer: null }))
    await client.model.use(first!)
    const tokens = await client.datasets.countTokens({ id: dataset.id })
    expect(tokens).toEqual({
      documents: 6,
      tokens: 1 + 2 + 3 + 4 + 9,
      longest: 9,
      // 0; 1; 2 to 3; 4 to 7; 8 to 15.
      histogram: { edges: [0, 1, 2, 4, 8, 16], counts: [1, 1, 2, 1, 1] },
    })
    const listed = async () => (await client.datasets.list()).find(({ id }) => id === dataset.id)!.tokens
    expect(await listed()).toEqual(tokens)
    await client.model.use(second!)
    expect(await listed()).toBeNull()
    await client.workspace.undo()
    expect(await listed()).toEqual(tokens)
  })
})
