import { mkdir, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { readDataset } from '../../../src/main/services/datasets/index.ts'
import { failureOf, useScratch } from './scratch.ts'

const scratch = useScratch()

async function table(): Promise<string> {
  const rows = Array.from({ length: 10 }, (_, n) =>
    JSON.stringify({ n, text: `row ${n}`, score: n / 10, tags: ['a', `t${n}`], odd: n % 2 === 1, 'it"s': n }),
  )
  return scratch.write('table.jsonl', rows.join('\n'))
}

test.each([
  ['score > 0.75', [8, 9]],
  ["text = 'row 3' OR n IN (5, 6)", [3, 5, 6]],
  ['odd AND n < 4 -- a comment', [1, 3]],
  ["list_contains(tags, 't7')", [7]],
  ['"it""s" = 2', [2]],
  ['n - 5 > 3', [9]],
  ['score >= (SELECT max(score) FROM rows)', [9]],
  ["text LIKE '%;%' OR n = 0", [0]],
])('--where %s keeps the rows that it is true for', async (where, expected) => {
  const data = await readDataset(await table(), { where })
  expect(data.preview.map(({ n }) => n)).toEqual(expected)
  expect(data.documents.map(({ text }) => text)).toEqual(expected.map((n) => `row ${n}`))
  expect(data.documents.map(({ row }) => row)).toEqual(expected.map((_, index) => index))
})

test.each([
  "text IN (SELECT * FROM read_csv('/etc/passwd'))",
  "text IN (SELECT column0 FROM '/etc/passwd')",
  "EXISTS (SELECT * FROM read_text('/etc/passwd'))",
  "EXISTS (SELECT 1 FROM rows JOIN read_blob('/etc/passwd') ON true)",
  "EXISTS (SELECT * FROM glob('/*'))",
  'EXISTS (SELECT * FROM duckdb_settings())',
  'EXISTS (SELECT * FROM information_schema.tables)',
  "EXISTS (SELECT * FROM query('SELECT 1'))",
  "EXISTS (WITH z AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM z)",
  'EXISTS (FROM (DESCRIBE rows))',
  "n = (SELECT count(*) FROM read_json_auto('/etc/passwd'))",
  '1=1; DROP TABLE rows',
  "1=1; ATTACH '/tmp/x.db'",
  "1=1); COPY rows TO '/tmp/snip-out.csv'; SELECT (1=1",
  '1=1) UNION SELECT n FROM rows WHERE (true',
  'true) LIMIT (1',
  'true) ORDER BY (n',
  'true) GROUP BY (n',
  "ATTACH '/tmp/x.db'",
  "COPY rows TO '/tmp/x.csv'",
  'INSTALL httpfs',
  "LOAD 'x'",
  "SET memory_limit = '9GB'",
  'PRAGMA version',
  '1=1) --',
  '1=1 /*',
  '',
  '   ',
  'n = $1',
  'n =',
  'missing > 3',
  'count(*) > 1',
  'text::INTEGER = 3',
  "'maybe'",
  "getenv('HOME') = 'x'",
  'n = 1\0',
])('--where %j is refused with one clear error', async (where) => {
  const failure = await failureOf(readDataset(await table(), { where }))
  expect(failure.kind).toBe('bad-argument')
  expect(failure.message).toMatch(/^The condition of --where is refused: [^\n]+$/)
  expect(failure.message).not.toContain('root:')
})

test('a filter that leaves nothing says so', async () => {
  const failure = await failureOf(readDataset(await table(), { where: 'n > 100' }))
  expect([failure.kind, failure.message]).toEqual(['bad-argument', '--where leaves no row of 10 of "table.jsonl"'])
})

test('columns that differ in case alone, mixed types and nested oddities can be filtered', async () => {
  const rows = ['{"Text":"A","text":"a","x":1,"o":{"k":1,"K":2},"m":{}}', '{"text":"b","x":"one","o":{"":3},"m":[]}']
  const path = await scratch.write('odd.jsonl', rows.join('\n'))
  expect((await readDataset(path, { where: "x = 'one'" })).documents[0]?.text).toBe('b')
  expect((await readDataset(path, { where: "text_1 = 'a'" })).documents[0]?.text).toBe('a')
})

test('a filter is applied before rows without text are rejected', async () => {
  const path = await scratch.write('nulls.jsonl', '{"text":"a"}\n{"text":null}\n')
  expect((await readDataset(path)).rejected).toHaveLength(1)
  expect((await readDataset(path, { where: 'text IS NOT NULL' })).rejected).toEqual([])
})

test('a sample is seeded, without repeats and in file order', async () => {
  const path = await table()
  const draw = async (seed: number): Promise<string[]> =>
    (await readDataset(path, { sample: 4, seed })).documents.map(({ text }) => text)
  const first = await draw(1)
  expect(await draw(1)).toEqual(first)
  expect(new Set(first).size).toBe(4)
  expect(first.toSorted()).toEqual(first)
  const draws = await Promise.all([2, 3, 4, 5].map(draw))
  expect(draws.some((other) => other.join() !== first.join())).toBe(true)
  const filtered = await readDataset(path, { where: 'odd', sample: 5, seed: 9 })
  expect(filtered.preview.map(({ n }) => n)).toEqual([1, 3, 5, 7, 9])
  expect(filtered.documents.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4])
})

test('a sample larger than the rows states their number, and odd sizes and seeds are refused', async () => {
  const path = await table()
  const failure = await failureOf(readDataset(path, { where: 'odd', sample: 6 }))
  expect([failure.kind, failure.message.includes('there are 5 rows')]).toEqual(['bad-argument', true])
  for (const options of [{ sample: 0 }, { sample: 1.5 }, { sample: -1 }, { sample: 2, seed: -1 }]) {
    expect((await failureOf(readDataset(path, options))).kind).toBe('bad-argument')
  }
})

test('no private folder stays behind', async () => {
  const path = await table()
  const folder = join(scratch.folder(), 'temporary')
  await mkdir(folder)
  vi.stubEnv('TMPDIR', folder)
  vi.stubEnv('TEMP', folder)
  try {
    await readDataset(path, { where: 'odd' })
    await failureOf(readDataset(path, { where: 'nonsense(' }))
    expect(tmpdir()).toBe(folder)
    expect(await readdir(folder)).toEqual([])
  } finally {
    vi.unstubAllEnvs()
  }
})
