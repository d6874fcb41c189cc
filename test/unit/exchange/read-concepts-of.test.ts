import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { conceptSchema } from '../../../src/contract/files.ts'
import { convertConcepts } from '../../../src/main/services/exchange/import-concepts.ts'
import { readConceptsOf } from '../../../src/main/services/exchange/read-concepts-of.ts'
import { readJsonLines } from '../../../src/main/services/files-of-lines.ts'
import { quietTask, type TaskProgress } from '../../../src/main/services/task.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-read-concepts-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function given(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const record = (index: number, more: object = {}) => ({
  neuron_id: { layer_index: 1, neuron_index: index },
  scored_explanations: [{ explanation: `concept ${index}` }],
  ...more,
})

describe('a file of concepts', () => {
  it('in JSON lines is read line by line whatever its size, while others go on', async () => {
    const padding = 'x'.repeat(3000)
    const lines = Array.from({ length: 1500 }, (_, i) =>
      i === 700 ? 'torn' : i === 900 ? '' : JSON.stringify(record(i, { padding })),
    )
    const path = given('many.jsonl', `\uFEFF${lines.join('\r\n')}\n`)
    const news: TaskProgress[] = []
    let others = 0
    const ticking = setInterval(() => others++, 0)
    const task = {
      signal: new AbortController().signal,
      report: (one: TaskProgress) => void news.push(one),
      warn: () => {},
    }
    const read = await readConceptsOf(path, { task, longest: 1_000_000 })
    clearInterval(ticking)
    expect(read).toMatchObject({
      format: 'OpenAI',
      rejectedCount: 1,
      rejected: [{ line: 701, reason: 'this is not JSON' }],
    })
    expect(read.rows).toHaveLength(1498)
    expect(read.rows.at(-1)).toMatchObject({ neuron: 'mlp:1:1499', text: 'concept 1499' })
    expect(news.map(({ done, total, unit }) => `${done}/${total} ${unit}`)).toEqual([
      '1/5 MB',
      '2/5 MB',
      '3/5 MB',
      '4/5 MB',
      '5/5 MB',
    ])
    expect(others).toBeGreaterThan(2)
  })

  it('is read no further once it is cancelled', async () => {
    const stop = new AbortController()
    const path = given(
      'cancelled.jsonl',
      `${JSON.stringify(record(1, { padding: 'x'.repeat(3_000_000) }))}\n`.repeat(2),
    )
    const task = { signal: stop.signal, report: () => stop.abort(), warn: () => {} }
    await expect(readConceptsOf(path, { task })).rejects.toMatchObject({ kind: 'cancelled' })
  })

  it('counts concepts that are not wanted and keeps none of them', async () => {
    const path = given('some.jsonl', [1, 2, 3].map((i) => JSON.stringify(record(i))).join('\n'))
    const keeps = ({ neuron }: { neuron: string }) => neuron === 'mlp:1:2'
    expect(await readConceptsOf(path, { keeps })).toMatchObject({ rows: [{ neuron: 'mlp:1:2' }], others: 2 })
    const table = given('some.csv', 'layer,neuron,explanation\n1,1,a\n1,2,b\n')
    expect(await readConceptsOf(table, { keeps })).toMatchObject({ rows: [{ neuron: 'mlp:1:2' }], others: 1 })
  })

  it('passes over a line that is longer than memory is given for, and says so', async () => {
    const path = given(
      'long.jsonl',
      [record(1), record(2, { padding: 'x'.repeat(5000) }), record(3)].map((one) => JSON.stringify(one)).join('\n'),
    )
    const read = await readConceptsOf(path, { longest: 2000 })
    expect(read.rows.map(({ neuron }) => neuron)).toEqual(['mlp:1:1', 'mlp:1:3'])
    expect(read.rejected).toEqual([{ line: 2, reason: 'the line is longer than 1 MB' }])
  })

  it.each([
    ['object.json', JSON.stringify(record(1), null, 2)],
    ['table.csv', `layer,neuron,explanation\n${'1,1,verbs\n'.repeat(20)}`],
  ])('that must be read whole is refused before that when it is too large: %s', async (name, text) => {
    const path = given(name, text)
    expect((await readConceptsOf(path)).rows.length).toBeGreaterThan(0)
    await expect(readConceptsOf(path, { longest: 100 })).rejects.toMatchObject({
      kind: 'bad-data',
      message: `${name} has 1 MB: a table or a single JSON object is read whole, which is possible up to 1 MB`,
      remedy: expect.stringContaining('Save it as JSON lines'),
    })
  })

  it('as a JSON array of any size is read item by item, whatever stands between and behind them', async () => {
    const strange = { ...record(2), note: 'brackets ] } in "texts\\", ü and 🐟' }
    const text = `\uFEFF [\n${JSON.stringify(record(1))} ,\n${JSON.stringify(strange, null, 2)}, 7,, [[]], {"a":1 2},
      ${JSON.stringify(record(3, { padding: 'x'.repeat(600_000) }))} ] more`
    const read = await readConceptsOf(given('array.json', text), { longest: 700_000 })
    expect(read.rows.map(({ neuron }) => neuron)).toEqual(['mlp:1:1', 'mlp:1:2', 'mlp:1:3'])
    expect(read.rejected).toEqual([
      { line: 3, reason: 'this is no explanation of a neuron' },
      { line: 5, reason: 'this is no explanation of a neuron' },
      { line: 6, reason: 'this is not JSON' },
      { line: 8, reason: 'this is not JSON' },
    ])
    const long = await readConceptsOf(given('array.json', text), { longest: 100_000 })
    expect(long.rejected.at(-2)).toEqual({ line: 7, reason: 'the record is longer than 1 MB' })
    const torn = given('torn.json', `[${JSON.stringify(record(1))},${JSON.stringify(record(2)).slice(0, 20)}`)
    expect(await readConceptsOf(torn)).toMatchObject({ rows: [{ neuron: 'mlp:1:1' }], rejectedCount: 1 })
    const empty = given('empty.json', ' [ ]\n')
    await expect(readConceptsOf(empty)).rejects.toThrow('empty.json holds no explanations of neurons')
  })

  it('that is read whole lets others in, too', async () => {
    for (const [name, text] of [
      ['all.json', JSON.stringify(Array.from({ length: 2000 }, (_, i) => record(i)))],
      ['all.csv', `layer,neuron,explanation\n${Array.from({ length: 2000 }, (_, i) => `1,${i},verbs\n`).join('')}`],
    ] as const) {
      const path = given(name, text)
      let others = 0
      const ticking = setInterval(() => others++, 0)
      expect((await readConceptsOf(path)).rows).toHaveLength(2000)
      clearInterval(ticking)
      expect(others).toBeGreaterThan(0)
    }
  })

  it('in no known form is none', async () => {
    for (const text of ['', '{"a":1}\n{"b":2}\n', 'hello', '[1,2]']) {
      await expect(readConceptsOf(given('other', text))).rejects.toThrow('other holds no explanations of neurons')
    }
    await expect(readConceptsOf(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' })
  })
})

describe('concepts of others as a file of ours', () => {
  it('are written as they are read, and a failure on the way leaves nothing', async () => {
    const path = given('in.jsonl', [1, 2].map((i) => JSON.stringify(record(i))).join('\n'))
    const out = join(folder, 'out.jsonl')
    const task = quietTask()
    expect(await convertConcepts(path, out, task)).toMatchObject({ format: 'OpenAI', others: 2, rows: [] })
    expect(readJsonLines(out, conceptSchema, 'concepts').map(({ neuron, text }) => [neuron, text])).toEqual([
      ['mlp:1:1', 'concept 1'],
      ['mlp:1:2', 'concept 2'],
    ])
    const none = given('none.jsonl', '{"a":1}\n')
    await expect(convertConcepts(none, join(folder, 'no.jsonl'), task)).rejects.toMatchObject({ kind: 'bad-data' })
    expect(readdirSync(folder).filter((name) => name.startsWith('no.') || name.endsWith('.partial'))).toEqual([])
  })
})
