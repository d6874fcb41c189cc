import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Failure } from '../../src/contract/failure.ts'
import type { Grant } from '../../src/contract/workbench/files.ts'
import type { BrowserDoor } from '../../src/main/server/browser-door.ts'
import { safeFileName } from '../../src/main/server/upload-name.ts'
import { ask } from '../support/door-request.ts'
import { testDoor } from '../support/door-transports.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-uploads-'))
const uploads = join(folder, 'uploads')
const limit = 1_000_000
let door: BrowserDoor

beforeAll(async () => {
  for (const [name, ageMs] of [
    ['old', 48 * 3_600_000],
    ['new', 0],
  ] as const) {
    mkdirSync(join(uploads, name), { recursive: true })
    writeFileSync(join(uploads, name, '.part'), 'half')
    const at = new Date(Date.now() - ageMs)
    utimesSync(join(uploads, name, '.part'), at, at)
  }
  door = await testDoor({ uploadFolder: uploads, limits: { upload: limit, uploads: 2, uploadIdleMs: 3000 } })
})
afterAll(async () => {
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

const headers = () => ({ origin: door.origin, authorization: `Bearer ${door.token}` })
const send = (name: string, body: Buffer | string) =>
  ask(door.port, `/upload?name=${encodeURIComponent(name)}`, { method: 'POST', headers: headers(), body })
/** Folders of uploads but those that lay there before. */
const kept = () => readdirSync(uploads).filter((name) => name !== 'old' && name !== 'new')

describe('an upload', () => {
  test('is kept under its name in a folder of its own, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 251))
    const { status, body, headers: answered } = await send('my data \u{1f3d6}.csv', bytes)
    const grant = JSON.parse(body.toString()) as Grant
    expect(status).toBe(200)
    expect(answered['content-type']).toBe('application/json; charset=utf-8')
    expect(Object.keys(grant).sort()).toEqual(['bytes', 'id', 'kind', 'name', 'path'])
    expect(basename(grant.path)).toBe('my data \u{1f3d6}.csv')
    expect(dirname(dirname(grant.path))).toBe(uploads)
    expect(readFileSync(grant.path).equals(bytes)).toBe(true)
    expect(readdirSync(dirname(grant.path))).toEqual(['my data \u{1f3d6}.csv'])
    expect(statSync(grant.path).mode & 0o777).toBe(0o600)
  })

  test('goes when the door closes, and takes nothing of another session with it', async () => {
    const own = mkdtempSync(join(tmpdir(), 'snip-own-'))
    mkdirSync(join(own, 'before'))
    writeFileSync(join(own, 'before', 'kept.csv'), 'a,b')
    const other = await testDoor({ uploadFolder: own })
    const asked = {
      method: 'POST',
      headers: { origin: other.origin, authorization: `Bearer ${other.token}` },
      body: 'a,b',
    }
    expect((await ask(other.port, '/upload?name=gone.csv', asked)).status).toBe(200)
    expect(readdirSync(own)).toHaveLength(2)
    await other.close()
    expect(readdirSync(own)).toEqual(['before'])
    rmSync(own, { recursive: true })
  })

  test('of an empty file is kept, too', async () => {
    const grant = JSON.parse((await send('empty.txt', '')).body.toString()) as Grant
    expect(statSync(grant.path).size).toBe(0)
  })

  test('cannot choose its place', async () => {
    const { body } = await send('../../../etc/passwd', 'x')
    const { path } = JSON.parse(body.toString()) as Grant
    expect(basename(path)).toBe('passwd')
    expect(dirname(dirname(path))).toBe(uploads)
  })

  test('without a name is refused', async () => {
    const { status, body } = await ask(door.port, '/upload', { method: 'POST', headers: headers(), body: 'x' })
    expect([status, (JSON.parse(body.toString()) as Failure).kind]).toEqual([400, 'bad-argument'])
  })

  test('without the token leaves nothing', async () => {
    const before = kept().length
    const asked = { method: 'POST', headers: { origin: door.origin }, body: 'x' }
    expect((await ask(door.port, '/upload?name=a', asked)).status).toBe(403)
    expect(kept().length).toBe(before)
  })

  test('of a byte more than the limit is refused before it is sent, with what to do', async () => {
    const before = kept().length
    expect((await send('fits.bin', Buffer.alloc(limit))).status).toBe(200)
    // Nothing of its body is sent: the answer comes for its announced length.
    const large = start('large.bin', limit + 1)
    const answered = new Promise<IncomingMessage>((resolve) => large.once('response', resolve))
    large.flushHeaders()
    const answer = await answered
    large.destroy()
    expect(answer.statusCode).toBe(413)
    expect(kept().length).toBe(before + 1)
  })

  test('that does not tell its length is broken off at the limit and leaves nothing', async () => {
    const before = kept().length
    const { status } = await chunked('endless.bin', 64 * 1024, 100)
    expect([0, 413]).toContain(status)
    await expect.poll(() => kept().length).toBe(before)
  })

  test('that is cancelled half-way leaves nothing', async () => {
    const before = kept().length
    const half = start('half.bin', 500_000)
    half.write(Buffer.alloc(100_000))
    await expect.poll(() => kept().length).toBe(before + 1)
    half.destroy()
    await expect.poll(() => kept().length).toBe(before)
  })

  test('that falls silent is given up and leaves nothing', async () => {
    const before = kept().length
    const slow = start('slow.bin', 500_000)
    slow.write(Buffer.alloc(1000))
    await new Promise((resolve) => slow.once('close', resolve))
    await expect.poll(() => kept().length).toBe(before)
  })

  test('is refused while as many as allowed are under way', async () => {
    const before = kept().length
    const two = [start('a.bin', 1000), start('b.bin', 1000)]
    for (const one of two) one.write('x')
    await expect.poll(() => kept().length).toBe(before + 2)
    const { status, body } = await send('c.bin', 'x')
    expect([status, (JSON.parse(body.toString()) as Failure).kind]).toEqual([503, 'busy'])
    for (const one of two) one.destroy()
    await expect.poll(() => kept().length).toBe(before)
    expect((await send('c.bin', 'x')).status).toBe(200)
  })

  test('that a killed process left half-way a day ago is cleared away, a younger one is not', () => {
    expect([existsSync(join(uploads, 'old')), existsSync(join(uploads, 'new/.part'))]).toEqual([false, true])
  })
})

describe('a name', () => {
  test.each([
    ['data.csv', 'data.csv'],
    ['C:\\Users\\me\\data.csv', 'data.csv'],
    ['/etc/passwd', 'passwd'],
    ['..', 'upload'],
    ['...', 'upload'],
    ['', 'upload'],
    ['.hidden', 'hidden'],
    ['a\0b\nc.txt', 'abc.txt'],
    ['report\u202Egpj.exe', 'reportgpj.exe'],
    ['a<b>:"|?*.txt', 'a_b______.txt'],
    ['con.txt', '_con.txt'],
    ['ends. . ', 'ends'],
    ['שלום.txt', 'שלום.txt'],
    ['half \ud83c.txt', 'half .txt'],
    [`${'\u{1f3d6}'.repeat(100)}.jsonl`, `${'\u{1f3d6}'.repeat(43)}.jsonl`],
  ])('%j is kept as %j', (given, safe) => {
    expect(safeFileName(given)).toBe(safe)
  })
})

function start(name: string, length: number) {
  const asked = request({
    host: '127.0.0.1',
    port: door.port,
    path: `/upload?name=${name}`,
    method: 'POST',
    headers: { ...headers(), 'content-length': length },
  })
  asked.on('error', () => {})
  asked.on('response', (answer) => answer.resume())
  return asked
}

function chunked(name: string, size: number, count: number): Promise<{ status: number }> {
  return new Promise((resolve) => {
    const asked = request({
      host: '127.0.0.1',
      port: door.port,
      path: `/upload?name=${name}`,
      method: 'POST',
      headers: { ...headers(), 'transfer-encoding': 'chunked' },
    })
    asked.on('error', () => resolve({ status: 0 }))
    asked.on('response', (answer) => {
      answer.resume()
      resolve({ status: answer.statusCode ?? 0 })
    })
    for (let at = 0; at < count; at++) asked.write(Buffer.alloc(size))
    asked.end()
  })
}
