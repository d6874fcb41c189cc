import { expect, test } from 'vitest'
import { readDataset } from '../../../src/main/services/datasets/index.ts'
import { failureOf, useScratch } from './scratch.ts'

const scratch = useScratch()

test('CSV: quotes, line breaks in cells, CRLF, emoji and right-to-left text', async () => {
  const csv = 'id,text\r\n1,"say ""hi"", twice"\r\n2,"two\r\nlines"\r\n3,🐈 שלום عليكم\r\n'
  const data = await readDataset(await scratch.write('a.csv', csv))
  expect(data.columns).toEqual(['id', 'text'])
  expect(data.documents).toEqual([
    { text: 'say "hi", twice', row: 0 },
    { text: 'two\r\nlines', row: 1 },
    { text: '🐈 שלום عليكم', row: 2 },
  ])
  expect(data.rejected).toEqual([])
  expect(data.preview[0]).toEqual({ id: 1, text: 'say "hi", twice' })
})

test('CSV: ragged rows are rejected once each, by physical line', async () => {
  const csv = 'id,text\n1,"a\nb"\n2\n\n3,c,d,e\n4,ok\n5,"x"y\n6,"never closed\n7,fine\n'
  const data = await readDataset(await scratch.write('ragged.csv', csv))
  expect(data.documents.map(({ text }) => text)).toEqual(['a\nb', 'ok', 'fine'])
  expect(data.rejected).toEqual([
    { line: 4, reason: 'expected 2 cells, found 1' },
    { line: 6, reason: 'expected 2 cells, found 4' },
    { line: 8, reason: 'text after the closing quote of cell 2' },
    { line: 9, reason: 'a quote is opened and never closed' },
  ])
})

test('CSV: semicolons are told from the first row, and lone CR ends a row', async () => {
  const data = await readDataset(await scratch.write('semi.csv', 'id;text\r1;a, b\r2;c\r'))
  expect(data.documents.map(({ text }) => text)).toEqual(['a, b', 'c'])
})

test('CSV: a first row of data is not taken for a header', async () => {
  const data = await readDataset(await scratch.write('bare.csv', '1,first text\n2,second text\n'))
  expect([data.columns, data.rows, data.textColumn]).toEqual([['column0', 'column1'], 2, 'column1'])
})

test('CSV: the text column keeps its digits, other columns become numbers', async () => {
  const data = await readDataset(await scratch.write('digits.csv', 'n,text,zip\n1,007,01234\n2,1e3,\n'))
  expect(data.documents.map(({ text }) => text)).toEqual(['007', '1e3'])
  expect(data.preview[0]).toEqual({ n: 1, text: '007', zip: '01234' })
  const numeric = await readDataset(await scratch.write('digits2.csv', 'n,zip\n1,0\n'), { textColumn: 'n' })
  expect(numeric.documents).toEqual([{ text: '1', row: 0 }])
})

test('CSV: doubled, empty and hostile column names', async () => {
  const csv = ',text,text,__proto__,constructor\n1,a,b,c,d\n'
  const data = await readDataset(await scratch.write('names.csv', csv), { where: "__proto__ = 'c' AND text_1 = 'b'" })
  expect(data.columns).toEqual(['column0', 'text', 'text_1', '__proto__', 'constructor'])
  expect(JSON.stringify(data.preview[0])).toBe(
    '{"column0":1,"text":"a","text_1":"b","__proto__":"c","constructor":"d"}',
  )
})

test('CSV: 30,000 unpaired quotes are rejected in linear time, and the row after them is kept', async () => {
  const csv = `id,text\n${'1,"a\n'.repeat(30_001)}2,ok\n`
  const started = performance.now()
  const data = await readDataset(await scratch.write('quotes.csv', csv))
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(data.documents).toEqual([{ text: 'ok', row: 0 }])
  expect(data.rejected).toHaveLength(15_001)
  expect(data.rejected.at(-1)).toEqual({ line: 30_002, reason: 'a quote is opened and never closed' })
})

test('TSV: quotes are plain characters where they would damage rows', async () => {
  const data = await readDataset(await scratch.write('a.tsv', 'id\ttext\n1\t"Hi," she said\n2\tb\n3\tc\td\n'))
  expect(data.documents.map(({ text }) => text)).toEqual(['"Hi," she said', 'b'])
  expect(data.rejected).toEqual([{ line: 4, reason: 'expected 2 cells, found 3' }])
  const quoted = await readDataset(await scratch.write('b.tsv', 'id\ttext\n1\t"a\tb\nc"\n'))
  expect(quoted.documents[0]?.text).toBe('a\tb\nc')
})

test('CSV in UTF-16 with a mark reads like any other', async () => {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('id,text\n1,é\n', 'utf16le')])
  expect((await readDataset(await scratch.write('wide.csv', bytes))).documents).toEqual([{ text: 'é', row: 0 }])
})

test('JSONL: bad lines are rejected with line and reason, blank lines count', async () => {
  const lines = [
    '{"text":"a"}',
    '',
    '{"text":',
    '[1]',
    '"x"',
    '{"text":null}',
    '{"text":5}',
    '{}',
    '{"text":"b"}',
    '{"text":"cut',
  ]
  const data = await readDataset(await scratch.write('a.jsonl', lines.join('\r\n')), { textColumn: 'text' })
  expect(data.documents).toEqual([
    { text: 'a', row: 0 },
    { text: 'b', row: 1 },
  ])
  expect(data.rejected.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 10])
  const reasons = data.rejected.map(({ reason }) => reason)
  expect(reasons[0]).toMatch(/^not valid JSON/)
  expect(reasons.slice(1, 6)).toEqual([
    'not an object but an array',
    'not an object but a string',
    '"text" is null',
    '"text" is not text but of type number',
    'no "text"',
  ])
})

test('JSONL: a reason says once that it is not JSON', async () => {
  const data = await readDataset(await scratch.write('words.jsonl', 'hello\n{"text":"a"}\n'))
  expect(data.rejected).toEqual([{ line: 1, reason: `not valid JSON: Unexpected token 'h' in "hello"` }])
})

test('JSONL: a line of one megabyte works, also through a filter', async () => {
  const long = 'word '.repeat(220_000)
  const path = await scratch.write('long.jsonl', `{"text":"${long}"}\n{"text":"b"}\n`)
  const data = await readDataset(path, { where: 'length(text) > 1000000' })
  expect(data.documents[0]?.text.length).toBe(1_100_000)
  expect([data.rows, String(data.preview[0]?.['text']).length]).toEqual([1, 200])
})

test('JSONL: lone surrogates and inner byte order marks are mended and counted', async () => {
  const path = await scratch.write('s.jsonl', '{"text":"a\\ud800b"}\n\uFEFF{"text":"\\ud83d\\ude00"}\n')
  const data = await readDataset(path, { where: 'length(text) > 0' })
  expect(data.documents.map(({ text }) => text)).toEqual(['a\uFFFDb', '😀'])
  expect(data.repaired).toBe(2)
})

test('JSONL: numbers beyond 2^53 keep their digits', async () => {
  const path = await scratch.write('big.jsonl', '{"id":9007199254740993,"text":"n 9007199254740993"}\n')
  const data = await readDataset(path, { where: 'id = 9007199254740993' })
  expect(data.preview).toEqual([{ id: '9007199254740993', text: 'n 9007199254740993' }])
})

test('JSONL: nesting beyond 100 levels is rejected, not a crash', async () => {
  const deep = `{"text":"a","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  const data = await readDataset(await scratch.write('deep.jsonl', `${deep}\n{"text":"b"}\n`))
  expect(data.rejected).toEqual([{ line: 1, reason: 'not valid JSON: nested more than 100 levels deep' }])
})

test('JSONL: 200,000 rows are read in linear time', async () => {
  const lines = Array.from({ length: 200_000 }, (_, index) => `{"text":"row ${index}","n":${index}}`)
  const path = await scratch.write('many.jsonl', lines.join('\n'))
  const started = performance.now()
  const data = await readDataset(path)
  expect([data.rows, data.documents[199_999]?.text]).toEqual([200_000, 'row 199999'])
  expect(performance.now() - started).toBeLessThan(20_000)
})

test('JSON: arrays of objects and of strings, an object with one array, and JSON lines under this name', async () => {
  const objects = await readDataset(await scratch.write('o.json', '[\n{"text":"a"},\n7,\n{"text":"b"}]'))
  expect(objects.documents.map(({ text }) => text)).toEqual(['a', 'b'])
  expect(objects.rejected).toEqual([{ line: 3, reason: 'element 2 is not an object but a number' }])
  const strings = await readDataset(await scratch.write('s.json', '["a,[{", "b"]'))
  expect([strings.documents.length, strings.columns]).toEqual([2, ['text']])
  const nested = await readDataset(await scratch.write('n.json', '{"version":1,\n"rows":[{"text":"a"},\nnull]}'))
  expect(nested.documents).toEqual([{ text: 'a', row: 0 }])
  expect(nested.rejected).toEqual([{ line: 2 + 1, reason: 'element 2 is not an object but null' }])
  const lines = await readDataset(await scratch.write('l.json', '{"question":"a","answer":"b"}\n{"question":"c"}\nx\n'))
  expect([lines.documents.map(({ text }) => text), lines.textColumn]).toEqual([['a', 'c'], 'question'])
  expect(lines.rejected[0]?.line).toBe(3)
})

test('JSON: what is no table is refused with its place or its keys', async () => {
  const broken = await failureOf(readDataset(await scratch.write('b.json', '[{"text":"a"},\n{"text" "b"}]')))
  expect([broken.kind, /line 2/.test(broken.message)]).toEqual(['bad-data', true])
  const two = await failureOf(readDataset(await scratch.write('t.json', '{"a":[1],"b":[2]}')))
  expect(two.message).toContain('"a", "b"')
  expect((await failureOf(readDataset(await scratch.write('e.json', '[]')))).message).toContain('it has no rows')
  expect((await failureOf(readDataset(await scratch.write('n2.json', '7')))).kind).toBe('bad-data')
})

test('the text column: known name, nested text, the only text column, else an error that names the columns', async () => {
  const nested = '{"id":1,"prompt":{"text":"hi","toxicity":0.9}}\n'
  const prompt = await readDataset(await scratch.write('p.jsonl', nested), { where: 'prompt.toxicity > 0.8' })
  expect([prompt.textColumn, prompt.documents[0]?.text]).toEqual(['prompt.text', 'hi'])
  const only = await readDataset(await scratch.write('only.jsonl', '{"n":1,"words":"a"}\n'))
  expect(only.textColumn).toBe('words')
  const unclear = await scratch.write('unclear.jsonl', '{"one":"a","two":"b"}\n')
  const failure = await failureOf(readDataset(unclear))
  expect([failure.kind, failure.message.includes('"one" text, "two" text')]).toEqual(['bad-argument', true])
  expect((await readDataset(unclear, { textColumn: 'TWO' })).documents[0]?.text).toBe('b')
  expect((await failureOf(readDataset(unclear, { textColumn: 'three' }))).message).toContain('"one"')
  const shown = await readDataset(unclear, { textOptional: true })
  expect([shown.documents.length, shown.rows, shown.textColumn]).toEqual([0, 1, null])
})

test('a table without one usable row is an error that lists why', async () => {
  const failure = await failureOf(readDataset(await scratch.write('none.jsonl', 'x\n[]\n\n"a"\n1\n')))
  expect(failure.kind).toBe('bad-data')
  expect(failure.message).toContain('line 2: not an object but an array; line 4')
  expect(failure.message).toContain('and 1 more')
  expect((await failureOf(readDataset(await scratch.write('h.csv', 'id,text\n')))).message).toContain('it has no rows')
})

test('file names with spaces, quotes, brackets and emoji', async () => {
  for (const name of [`it's "a" file 🐈.jsonl`, '[x]*?.jsonl', "';--.jsonl"]) {
    const data = await readDataset(await scratch.write(name, '{"text":"a"}\n'), { where: 'true' })
    expect(data.documents).toEqual([{ text: 'a', row: 0 }])
  }
})

test('CSV: a header of one name over and over gets names in linear time', async () => {
  const names = Array.from({ length: 100_000 }, () => 'text').join(',')
  const path = await scratch.write('same.csv', `${names}\n${names}\n`)
  const started = performance.now()
  const data = await readDataset(path)
  expect(data.columns.slice(0, 3)).toEqual(['text', 'text_1', 'text_2'])
  expect(data.columns.at(-1)).toBe('text_99999')
  expect(performance.now() - started).toBeLessThan(4000)
})
