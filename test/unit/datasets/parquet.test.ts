import { copyFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { readDataset } from '../../../src/main/services/datasets/index.ts'
import { failureOf, useScratch } from './scratch.ts'

const scratch = useScratch()

async function parquet(name: string, query: string): Promise<string> {
  const path = join(scratch.folder(), name)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${query}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

const rich = `SELECT range AS id, 'text ' || range AS text, 9007199254740993::BIGINT AS big, 1.50::DECIMAL(5,2) AS price,
  123456789012345678.25::DECIMAL(20,2) AS wide, DATE '2020-01-02' AS day, TIMESTAMP '2020-01-02 03:04:05' AS moment,
  [1::BIGINT, NULL] AS list, {'a': 5::BIGINT, 'b': 'x'} AS struct, MAP {'k': 7::BIGINT} AS map, 'nan'::DOUBLE AS nan,
  '5f0e1f0a-0000-4000-8000-000000000000'::UUID AS uuid, NULL::INTEGER AS nothing FROM range(6)`

test('Parquet values become plain JSON in the preview', async () => {
  const data = await readDataset(await parquet('rich.parquet', rich))
  expect([data.rows, data.textColumn, data.format, data.preview.length]).toEqual([6, 'text', 'parquet', 5])
  expect(data.preview[1]).toEqual({
    id: 1,
    text: 'text 1',
    big: '9007199254740993',
    price: 1.5,
    wide: '123456789012345678.25',
    day: '2020-01-02',
    moment: '2020-01-02 03:04:05',
    list: [1, null],
    struct: { a: 5, b: 'x' },
    map: { k: 7 },
    nan: 'NaN',
    uuid: '5f0e1f0a-0000-4000-8000-000000000000',
    nothing: null,
  })
  expect(() => JSON.stringify(data)).not.toThrow()
})

test('Parquet rows are filtered, sampled and kept in order', async () => {
  const path = await parquet('many.parquet', `SELECT range AS id, 'row ' || range AS text FROM range(300000)`)
  const data = await readDataset(path, { where: 'id % 2 = 1', sample: 5, seed: 3 })
  const ids = data.preview.map(({ id }) => Number(id))
  expect(ids.every((id) => id % 2 === 1)).toBe(true)
  expect(ids.toSorted((a, b) => a - b)).toEqual(ids)
  expect(data.documents).toEqual(ids.map((id, row) => ({ text: `row ${id}`, row })))
  const all = await readDataset(path)
  expect([all.documents[299_999]?.text, all.rows]).toEqual(['row 299999', 300_000])
})

test('null text is rejected by row, and a nested text column works', async () => {
  const nulls = await parquet(
    'nulls.parquet',
    `SELECT CASE WHEN range = 1 THEN NULL ELSE 'a' END AS text FROM range(3)`,
  )
  const data = await readDataset(nulls)
  expect([data.rows, data.rejected]).toEqual([2, [{ line: 2, reason: '"text" is null' }]])
  const nested = await parquet('nested.parquet', `SELECT {'id': 1, 'text': 'inner'} AS prompt`)
  expect((await readDataset(nested)).documents).toEqual([{ text: 'inner', row: 0 }])
  const numbers = await parquet('numbers.parquet', `SELECT 1 AS n, 'a' AS one, 'b' AS two`)
  expect((await failureOf(readDataset(numbers))).message).toContain('"n" INTEGER, "one" VARCHAR')
  expect((await failureOf(readDataset(numbers, { textColumn: 'n' }))).message).toContain('holds INTEGER, not text')
})

test.each([
  "text IN (SELECT * FROM read_csv('/etc/passwd'))",
  "EXISTS (SELECT * FROM read_parquet('/tmp/other.parquet'))",
  '1=1; DROP VIEW rows',
  'missing = 1',
  'text::INTEGER = 1',
])('--where %j is refused on Parquet too', async (where) => {
  const failure = await failureOf(readDataset(await parquet('w.parquet', `SELECT 'a' AS text`), { where }))
  expect(failure.kind).toBe('bad-argument')
  expect(failure.message).toMatch(/^The condition of --where is refused: [^\n]+$/)
})

test('file names with quotes, spaces, emoji and pattern characters are read as they are, and links are followed', async () => {
  const source = await parquet('plain.parquet', `SELECT 'this one' AS text`)
  await copyFile(await parquet('xz.parquet', `SELECT 'another' AS text`), join(scratch.folder(), 'xyz.parquet'))
  for (const name of [`it's "odd" 🐈.parquet`, 'x*z.parquet', 'x?z.parquet', '[xz].parquet', '{a,b}.parquet']) {
    const path = join(scratch.folder(), name)
    await copyFile(source, path)
    expect((await readDataset(path)).documents).toEqual([{ text: 'this one', row: 0 }])
  }
  const link = join(scratch.folder(), 'link.parquet')
  await symlink(source, link)
  expect((await readDataset(link)).documents[0]?.text).toBe('this one')
})

test('a column called like the helpers does no harm', async () => {
  const path = await parquet(
    'names.parquet',
    `SELECT 'b' || range AS text, 9 - range AS file_row_number, 5 AS row_number_in_file, 1 AS "rows" FROM range(3)`,
  )
  const data = await readDataset(path, { where: 'file_row_number < 9 AND "rows" = 1' })
  expect(data.documents.map(({ text }) => text)).toEqual(['b1', 'b2'])
  expect(data.preview[0]).toEqual({ text: 'b1', file_row_number: 8, row_number_in_file: 5, rows: 1 })
})

test('a damaged or mislabelled file is bad data, without the path of a helper', async () => {
  const path = join(scratch.folder(), 'broken.parquet')
  await writeFile(path, 'PAR1 this is not a table PAR1')
  const failure = await failureOf(readDataset(path))
  expect([failure.kind, failure.message.startsWith('"broken.parquet" cannot be read as Parquet')]).toEqual([
    'bad-data',
    true,
  ])
  const empty = await parquet('empty.parquet', `SELECT 'a' AS text WHERE false`)
  expect((await failureOf(readDataset(empty))).message).toContain('it has no rows')
})
