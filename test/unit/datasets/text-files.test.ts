import { createHash } from 'node:crypto'
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readDataset } from '../../../src/main/services/datasets/index.ts'
import { failureOf, useScratch } from './scratch.ts'

const scratch = useScratch()

function utf16(text: string, bigEndian: boolean): Buffer {
  const bytes = Buffer.from(text, 'utf16le')
  return bigEndian ? bytes.swap16() : bytes
}

test('a plain text file is one document, byte for byte', async () => {
  const text = 'First line\r\n\r\nشكرا جزيلا 🐈\nlast line without end'
  const data = await readDataset(await scratch.write('a.txt', text))
  expect(data.documents).toEqual([{ text }])
  expect([data.kind, data.format, data.rows, data.repaired]).toEqual(['text', 'txt', 1, 0])
  expect(data.preview).toEqual([{ text }])
})

test('the data hash is SHA-256 over 8-byte lengths and UTF-8 bytes', async () => {
  const data = await readDataset(await scratch.write('hash.jsonl', '{"text":"é"}\n{"text":"ab"}\n'))
  const bytes = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9, 2, 0, 0, 0, 0, 0, 0, 0, 0x61, 0x62])
  expect(data.dataHash).toBe(createHash('sha256').update(bytes).digest('hex'))
})

test('a file with an unknown extension or none is plain text', async () => {
  expect((await readDataset(await scratch.write('notes.md', '# hi'))).kind).toBe('text')
  expect((await readDataset(await scratch.write('README', 'hi'))).documents).toEqual([{ text: 'hi' }])
})

test('a UTF-8 byte order mark is removed and counted', async () => {
  const data = await readDataset(await scratch.write('bom.txt', '\uFEFFhello'))
  expect(data.documents[0]?.text).toBe('hello')
  expect(data.repaired).toBe(1)
})

test('invalid UTF-8 is replaced and counted, and a U+FFFD of the file itself is not', async () => {
  const bytes = Buffer.concat([
    Buffer.from('caf'),
    Buffer.from([0xe9]),
    Buffer.from(' \uFFFD ok '),
    Buffer.from([0xf0, 0x9f]),
  ])
  const data = await readDataset(await scratch.write('latin.txt', bytes))
  expect(data.documents[0]?.text).toBe('caf\uFFFD \uFFFD ok \uFFFD')
  expect(data.repaired).toBe(2)
})

test('characters that straddle the pieces of a large file stay whole', async () => {
  const text = `${'a'.repeat(131_071)}🐈${'é'.repeat(200_000)}🐈`
  const data = await readDataset(await scratch.write('large.txt', text))
  expect(data.documents[0]?.text === text).toBe(true)
  expect(data.repaired).toBe(0)
})

test.each([
  ['UTF-16 LE with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16('Grüße 🐈, hello', false)]), 1],
  ['UTF-16 BE with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16('Grüße 🐈, hello', true)]), 1],
  ['UTF-16 LE without a mark', utf16('Grüße 🐈, hello', false), 0],
  ['UTF-16 BE without a mark', utf16('Grüße 🐈, hello', true), 0],
])('%s is decoded and noted', async (name, bytes, repaired) => {
  const data = await readDataset(await scratch.write(`${name}.txt`, bytes))
  expect(data.documents[0]?.text).toBe('Grüße 🐈, hello')
  expect(data.repaired).toBe(repaired)
  expect(data.notes[0]).toMatch(/^Decoded from UTF-16/)
})

test('a lone surrogate in UTF-16 is replaced and counted', async () => {
  const bytes = Buffer.concat([
    Buffer.from([0xff, 0xfe]),
    utf16('ab', false),
    Buffer.from([0x00, 0xd8]),
    utf16('cd', false),
  ])
  const data = await readDataset(await scratch.write('surrogate.txt', bytes))
  expect(data.documents[0]?.text).toBe('ab\uFFFDcd')
  expect(data.repaired).toBe(2)
})

test('a binary file is refused with the offset of its first NUL', async () => {
  const early = Buffer.from('PNG\x01\x02abc\0rest of the picture', 'latin1')
  const failure = await failureOf(readDataset(await scratch.write('picture.txt', early)))
  expect(failure.kind).toBe('bad-data')
  expect(failure.message).toContain('byte offset 8')
  const late = Buffer.concat([Buffer.alloc(500_000, 'a'), Buffer.from([0])])
  expect((await failureOf(readDataset(await scratch.write('late.txt', late)))).message).toContain('byte offset 500000')
})

test('many control characters, and bytes that are mostly not UTF-8, are refused', async () => {
  const controls = await failureOf(readDataset(await scratch.write('c.txt', 'ab\x01\x02\x03\x04\x05\x06cd')))
  expect(controls.message).toContain('control characters at byte offset 2')
  const high = await failureOf(readDataset(await scratch.write('h.txt', Buffer.alloc(2000, 0xc8))))
  expect(high.message).toContain('not UTF-8 at byte offset 0')
})

test('missing, empty and directory each give one clear error', async () => {
  const missing = await failureOf(readDataset(join(scratch.folder(), 'nothing.txt')))
  expect(missing.kind).toBe('not-found')
  expect((await failureOf(readDataset(join(scratch.folder(), 'a.txt', 'inside')))).kind).toBe('not-found')
  const empty = await failureOf(readDataset(await scratch.write('empty.txt', '')))
  expect([empty.kind, empty.message.includes('is empty')]).toEqual(['bad-data', true])
  const mark = await failureOf(readDataset(await scratch.write('mark.txt', '\uFEFF')))
  expect([mark.kind, mark.message.includes('holds no text')]).toEqual(['bad-data', true])
  await mkdir(join(scratch.folder(), 'folder.csv'))
  const folder = await failureOf(readDataset(join(scratch.folder(), 'folder.csv')))
  expect([folder.kind, folder.message.includes('directory')]).toEqual(['bad-file', true])
})

test('a loop of links and a device are refused', async () => {
  const loop = join(scratch.folder(), 'loop.txt')
  await symlink(loop, loop)
  expect((await failureOf(readDataset(loop))).message).toContain('ELOOP')
  expect((await failureOf(readDataset('/dev/null'))).message).toContain('not a regular file')
})

test('text beyond 2 GiB is refused before it is read', async () => {
  const path = await scratch.write('huge.jsonl', 'x')
  await truncate(path, 2 * 1024 ** 3 + 1)
  const failure = await failureOf(readDataset(path))
  expect([failure.kind, failure.message.includes('2 GiB')]).toEqual(['bad-data', true])
})

test('a symbolic link is followed, and the path stays the one asked for', async () => {
  await writeFile(join(scratch.folder(), 'target.jsonl'), '{"text":"linked"}')
  const link = join(scratch.folder(), 'link.jsonl')
  await symlink('target.jsonl', link)
  const data = await readDataset(link, { where: "text = 'linked'" })
  expect([data.path, data.documents[0]?.text]).toEqual([link, 'linked'])
})

test('filter, sample and text column are refused on plain text', async () => {
  const path = await scratch.write('plain.txt', 'hello')
  for (const options of [{ where: 'true' }, { sample: 1 }, { textColumn: 'text' }]) {
    expect((await failureOf(readDataset(path, options))).kind).toBe('bad-argument')
  }
})

test('an unknown format is refused by name, and a known one overrides the extension', async () => {
  const path = await scratch.write('rows.dat', '{"text":"a"}\n')
  expect((await failureOf(readDataset(path, { format: 'xlsx' }))).remedy).toContain('jsonl')
  expect((await readDataset(path, { format: 'jsonl' })).documents).toEqual([{ text: 'a', row: 0 }])
})

test('a preview cuts long text to 200 units without halving a character', async () => {
  const path = await scratch.write('long.txt', `${'a'.repeat(199)}🐈${'b'.repeat(300)}`)
  expect((await readDataset(path)).preview).toEqual([{ text: 'a'.repeat(199) }])
})
