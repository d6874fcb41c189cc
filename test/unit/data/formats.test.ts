import { expect, test } from 'vitest'
import { documentHashParts } from '../../../src/core/data/document-hash.ts'
import { parseJsonText } from '../../../src/core/data/formats/json-text.ts'
import { dataFormatById, dataFormatByName, dataFormats } from '../../../src/core/data/formats/index.ts'
import { previewRow } from '../../../src/core/data/preview.ts'

const samples: Record<string, string> = {
  txt: 'a\r\nb 🐈',
  csv: 'id,text\r\n1,"a ""b""\r\nc"\r\n2\r\n3,"open\r\n4,d\r\n',
  tsv: 'id\ttext\n1\t"a" b\n2\tc\n',
  jsonl: '{"text":"a"}\r\n\r\n{"text"\n{"text":"🐈"}',
  json: '[{"text":"a"},\n3]',
  cbt: `${Array.from({ length: 20 }, (_, at) => `${at + 1} s`).join('\n')}\n21 XXXXX\ta\t\ta|b|c|d|e|f|g|h|i|j\n\n1 x\n`,
}

test.each(Object.keys(samples))('%s: a text parses the same however it is cut into pieces', (id) => {
  const text = samples[id] ?? ''
  const parse = (size: number): unknown => {
    const parser = dataFormatById(id).createParser?.({ name: '"x"' })
    for (let at = 0; at < text.length; at += size) parser?.push(text.slice(at, at + size))
    return parser?.end()
  }
  const whole = parse(text.length)
  expect(whole).toMatchObject({ kind: id === 'txt' ? 'text' : id === 'cbt' ? 'cloze' : 'rows' })
  for (const size of [1, 2, 3, 7]) expect(parse(size)).toEqual(whole)
})

test('formats have distinct ids and extensions, and a name is told by its ending in any case', () => {
  expect(new Set(dataFormats.map(({ id }) => id)).size).toBe(dataFormats.length)
  const extensions = dataFormats.flatMap((format) => format.extensions)
  expect(new Set(extensions).size).toBe(extensions.length)
  const names = ['A.CSV', 'b.ndjson', 'c.pq', 'd.tab', 'e.json', 'f.xyz', 'jsonl']
  expect(names.map((name) => dataFormatByName(name).id)).toEqual([
    'csv',
    'jsonl',
    'parquet',
    'tsv',
    'json',
    'txt',
    'txt',
  ])
})

test('whole numbers a double cannot hold keep their digits; strings, decimals and small numbers stay as they are', () => {
  const text =
    '{"a":12345678901234567890,"b":-9007199254740993,"c":9007199254740991,"d":1.2345678901234567,"e":"12345678901234567890\\""}'
  expect(parseJsonText(text)).toEqual({
    ok: true,
    value: {
      a: '12345678901234567890',
      b: '-9007199254740993',
      c: 9007199254740991,
      d: 1.2345678901234567,
      e: '12345678901234567890"',
    },
    repaired: 0,
  })
})

test('the hash covers the length of the UTF-8 bytes, 8 bytes little-endian, then the bytes', () => {
  const parts = [...documentHashParts([{ text: '🐈' }, { text: '' }])].map((part) => [...part])
  expect(parts).toEqual([[4, 0, 0, 0, 0, 0, 0, 0], [0xf0, 0x9f, 0x90, 0x88], [0, 0, 0, 0, 0, 0, 0, 0], []])
})

test('a preview is plain JSON whatever the values are', () => {
  const row = previewRow({ a: 5n, b: 2n ** 60n, c: Number.NaN, d: [undefined, 1n], e: { f: 'x'.repeat(300) } })
  expect(row).toEqual({ a: 5, b: '1152921504606846976', c: 'NaN', d: [null, 1], e: { f: 'x'.repeat(200) } })
})
