import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ForgetConcept } from '../../../src/contract/files.ts'
import { convertTable, exportTable } from '../../../src/main/services/exchange/export-tables.ts'
import {
  bothLists,
  convertForgetConcepts,
  importForgetFile,
  lookAtForgetFile,
} from '../../../src/main/services/forget-concepts/exchange-lists.ts'
import {
  addForgetConcept,
  addNewConcepts,
  changeForgetConcept,
  listForgetConcepts,
} from '../../../src/main/services/forget-concepts/forget-concept-list.ts'
import { conceptsThatCount } from '../../../src/main/services/forget-concepts/list-file.ts'
import { forgetConceptsInUse } from '../../../src/main/services/rankings/ranking-inputs.ts'
import { reviewing, type Reviewing } from '../review/reviewing.ts'
import { workspaceBench } from '../workspace/opened.ts'

const { folder, open, scratch } = workspaceBench()

const listed: ForgetConcept[] = [
  { text: '=HYPERLINK("http://x")', weight: 2 / 3, extractor: 'snip-llm', preset: 'corrected', draws: 2, drawsOf: 3 },
  { text: '\'quoted; "and" split', weight: 0.1, extractor: 'snip-llm', author: 'lab/model', draws: 1, drawsOf: 3 },
]

/** Extracted, written and switched off by Ada, and one that must stay. */
async function listsOfAda(): Promise<Reviewing> {
  const at = await reviewing(await open(folder()))
  await addNewConcepts(at.workspace, listed, 'forget-concept')
  const { id } = await addForgetConcept(at.session, 'Bäume – 木', 0.30000000000000004)
  await changeForgetConcept(at.session, id, { enabled: false })
  await addForgetConcept(at.session, 'numbers', 1, 'protected-concept')
  return at
}

const fresh = async () => reviewing(await open(folder()), 'Bob')
const write = (at: Reviewing, format: 'jsonl' | 'csv') =>
  exportTable(at.session, at.tables, 'forget-and-protected', format, null)
const take = (at: Reviewing, path: string, how: 'merge' | 'replace') => {
  const { hash } = lookAtForgetFile(at.workspace, path, 'forget')
  return importForgetFile(at.session, path, { side: 'forget', how, hash })
}
function given(name: string, text: string): string {
  const path = join(scratch(), name)
  writeFileSync(path, text)
  return path
}

describe('both lists as a table', () => {
  test('say of each concept all that is known, safe in a spreadsheet', async () => {
    const at = await listsOfAda()
    const { path, rows } = await write(at, 'csv')
    expect(rows).toBe(4)
    expect(readFileSync(path, 'utf8').split('\r\n')).toEqual([
      '\uFEFFside,text,weight,enabled,author,extractor,preset,draws,drawsOf',
      `forget,"'=HYPERLINK(""http://x"")",0.6666666666666666,true,,snip-llm,corrected,2,3`,
      `forget,"'quoted; ""and"" split",0.1,true,lab/model,snip-llm,,1,3`,
      'forget,Bäume – 木,0.30000000000000004,false,Ada,person,,,',
      'protected,numbers,1,true,Ada,person,,,',
      '',
    ])
  })

  test.each(['jsonl', 'csv'] as const)('as %s come into another workspace as they were', async (format) => {
    const first = await listsOfAda()
    const { path } = await write(first, format)
    const second = await fresh()
    expect(lookAtForgetFile(second.workspace, path, 'forget')).toMatchObject({
      forget: 3,
      protected: 1,
      fresh: 4,
      same: 0,
      changed: 0,
      others: 0,
      rejectedCount: 0,
    })
    await take(second, path, 'merge')
    expect(bothLists(second.workspace)).toEqual(bothLists(first.workspace))
    expect(second.store.undoLabel).toBe(`Imported 4 concepts from ${basename(path)}`)
    expect(second.store.history().at(-1)!.author).toBe('Bob')
    await second.store.undo()
    expect(bothLists(second.workspace)).toEqual([])
  })

  test('are refused while there is nothing in them', async () => {
    await expect(write(await fresh(), 'csv')).rejects.toThrow('There is nothing to write yet')
  })
})

describe('a file beside the list that is there', () => {
  const file = () => given('list.csv', 'text,weight,enabled\nboats,0.5,true\nfish,2,true\nsand,1,false\nstones,1,\n')

  async function ownList() {
    const at = await fresh()
    for (const [text, weight] of [
      ['fish', 1],
      ['sand', 1],
      ['stones', 1],
      ['words of mine', 3],
    ] as const) {
      await addForgetConcept(at.session, text, weight)
    }
    await addForgetConcept(at.session, 'kept', 1, 'protected-concept')
    return at
  }
  const texts = (at: Reviewing) =>
    bothLists(at.workspace).map(({ side, text, weight, enabled }) => [side, text, weight, enabled])

  test('is shown first: what is new, what changes and what it does not hold', async () => {
    const at = await ownList()
    const found = lookAtForgetFile(at.workspace, file(), 'forget')
    expect(found).toMatchObject({ forget: 4, protected: 0, fresh: 1, same: 1, changed: 2, others: 1 })
    expect(found.sample.map(({ text, becomes, before }) => [text, becomes, before])).toEqual([
      ['fish', 'changed', { weight: 1, enabled: true }],
      ['sand', 'changed', { weight: 1, enabled: true }],
      ['boats', 'fresh', null],
      ['stones', 'same', { weight: 1, enabled: true }],
    ])
    expect(texts(at)).toHaveLength(5)
  })

  test('is merged by equal sentence, which keep their place, as one step of undo', async () => {
    const at = await ownList()
    const before = bothLists(at.workspace)
    const ids = listForgetConcepts(at.workspace).map(({ id }) => id)
    await take(at, file(), 'merge')
    expect(texts(at)).toEqual([
      ['forget', 'fish', 2, true],
      ['forget', 'sand', 1, false],
      ['forget', 'stones', 1, true],
      ['forget', 'words of mine', 3, true],
      ['forget', 'boats', 0.5, true],
      ['protected', 'kept', 1, true],
    ])
    expect(
      listForgetConcepts(at.workspace)
        .map(({ id }) => id)
        .slice(0, 4),
    ).toEqual(ids)
    // The file does not say where they are from: that stays known.
    const sources = listForgetConcepts(at.workspace).map(({ source }) => source)
    expect(sources).toEqual(['person', 'person', 'person', 'person', 'import'])
    expect(await at.store.undo()).toBe('Imported 3 concepts from list.csv')
    expect(bothLists(at.workspace)).toEqual(before)
  })

  test('takes nothing away from a sentence by what it does not tell', async () => {
    const at = await ownList()
    const [fish] = listForgetConcepts(at.workspace)
    await changeForgetConcept(at.session, fish!.id, { weight: 3, enabled: false })
    const path = given('plain.csv', 'sentence\nfish\nwords of mine\nboats\n')
    expect(lookAtForgetFile(at.workspace, path, 'forget')).toMatchObject({ fresh: 1, same: 2, changed: 0 })
    await take(at, path, 'replace')
    expect(texts(at).slice(0, 3)).toEqual([
      ['forget', 'fish', 3, false],
      ['forget', 'words of mine', 3, true],
      ['forget', 'boats', 1, true],
    ])
  })

  test('replaces its own list in the order of the file, and leaves the other side alone', async () => {
    const at = await ownList()
    const before = bothLists(at.workspace)
    await take(at, file(), 'replace')
    expect(texts(at)).toEqual([
      ['forget', 'boats', 0.5, true],
      ['forget', 'fish', 2, true],
      ['forget', 'sand', 1, false],
      ['forget', 'stones', 1, true],
      ['protected', 'kept', 1, true],
    ])
    expect(await at.store.undo()).toBe('Replaced the forget concepts by those of list.csv')
    expect(bothLists(at.workspace)).toEqual(before)
    await at.store.redo()
    expect(texts(at)).toHaveLength(5)
  })

  test('is taken as it was looked at, and one that holds nothing changes nothing', async () => {
    const at = await ownList()
    const path = file()
    const { hash } = lookAtForgetFile(at.workspace, path, 'forget')
    writeFileSync(path, 'text\nother\n')
    const request = { side: 'forget', how: 'merge', hash } as const
    await expect(importForgetFile(at.session, path, request)).rejects.toThrow('The file changed since it was looked at')
    expect(() => lookAtForgetFile(at.workspace, given('story.txt', 'Once.'), 'forget')).toThrow('no forget concepts')
    expect(texts(at)).toHaveLength(5)
  })

  test('is not read when it is larger than any list', () => {
    const path = given('large.csv', `text\n${'x'.repeat(16 * 1024 * 1024)}`)
    expect(() => convertForgetConcepts(path, join(scratch(), 'out.jsonl'), 'forget', false)).toThrow(
      'large.csv has 17 MB',
    )
  })
})

describe('a list on the command line', () => {
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)

  test('becomes a table and comes back, and only what is switched on counts', async () => {
    const at = await listsOfAda()
    const { path } = await write(at, 'csv')
    const out = join(scratch(), 'forget.jsonl')
    expect(convertForgetConcepts(path, out, 'forget', false)).toMatchObject({ concepts: 3, all: 3, others: 1 })
    expect(lines(out)[2]).toEqual({
      text: 'Bäume – 木',
      weight: 0.30000000000000004,
      extractor: 'person',
      side: 'forget',
      enabled: false,
      author: 'Ada',
    })
    const counting = conceptsThatCount(out, 'forget').map(({ text, weight, extractor }) => ({
      text,
      weight,
      extractor,
    }))
    expect(counting).toEqual(forgetConceptsInUse(at.workspace))
    const table = join(scratch(), 'again.csv')
    expect(await convertTable(out, table)).toMatchObject({ rows: 3 })
    const again = join(scratch(), 'again.jsonl')
    convertForgetConcepts(table, again, 'forget', false)
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(out, 'utf8'))
  })

  test('of the other side, or with nothing switched on, is refused by name', async () => {
    const path = given('stay.jsonl', '{"text":"a","extractor":"person","side":"protected"}\n')
    expect(() => conceptsThatCount(path, 'forget')).toThrow('stay.jsonl holds no forget concept that is switched on')
    expect(conceptsThatCount(path, 'protected')).toHaveLength(1)
    expect(() => convertForgetConcepts(path, join(scratch(), 'o.jsonl'), 'forget', false)).toThrow(
      'stay.jsonl holds no forget concept',
    )
  })

  test('is merged into the one that is there', () => {
    const out = given(
      'own.jsonl',
      '{"text":"a","weight":1,"extractor":"person"}\n{"text":"b","weight":1,"extractor":"person"}\n',
    )
    const path = given('more.csv', 'text,weight\nb,2\nc,3\n')
    expect(convertForgetConcepts(path, out, 'forget', true)).toMatchObject({ concepts: 2, all: 3 })
    convertForgetConcepts(given('plain.csv', 'text\nb\n'), out, 'forget', true)
    const torn = given('torn.jsonl', '{"text":"a","extractor":"person"}\nnot json\n')
    expect(() => convertForgetConcepts(path, torn, 'forget', true)).toThrow('torn.jsonl, line 2: this is not JSON')
    expect(lines(out).map(({ text, weight }) => [text, weight])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
  })
})
