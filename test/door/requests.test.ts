import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { BrowserDoor } from '../../src/main/server/browser-door.ts'
import { contentPolicy, pageWithNonce } from '../../src/main/services/web/content-policy.ts'
import { findStaticFile } from '../../src/main/services/web/static-files.ts'
import { ask, handshake, raw } from '../support/door-request.ts'
import { doorRouter } from '../support/door-router.ts'
import { testDoor } from '../support/door-transports.ts'

const folder = mkdtempSync(join(tmpdir(), 'snip-door-'))
const root = join(folder, 'renderer')
const script = `console.log('${'sand '.repeat(2000)}')`
const page = '<!doctype html><meta name="csp-nonce" content="" /><title>SNIP</title>'
const logged: string[] = []
let door: BrowserDoor

beforeAll(async () => {
  mkdirSync(join(root, 'assets'), { recursive: true })
  mkdirSync(join(folder, 'renderer-beside'))
  writeFileSync(join(root, 'index.html'), page)
  writeFileSync(join(root, 'assets/index-1a2b.js'), script)
  writeFileSync(join(root, 'assets/inter.woff2'), 'font')
  writeFileSync(join(root, 'assets/.hidden.js'), 'hidden')
  writeFileSync(join(root, 'assets/notes.txt'), 'notes')
  writeFileSync(join(folder, 'renderer-beside/secret.js'), 'secret')
  writeFileSync(join(folder, 'secret.js'), 'secret')
  symlinkSync(join(folder, 'secret.js'), join(root, 'assets/link.js'))
  symlinkSync(folder, join(root, 'out'))
  door = await testDoor({
    uploadFolder: join(folder, 'uploads'),
    rendererFolder: root,
    router: doorRouter({ aborts: 0, writes: 0, watches: 0 }),
    limits: { sockets: 3, message: 100_000, headersMs: 300 },
    log: (line) => logged.push(line),
  })
})
afterAll(async () => {
  await door.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the page', () => {
  test('comes with the policy, word for word, and with headers that guard it', async () => {
    const { status, headers, body } = await ask(door.port, '/')
    const nonce = /nonce-([\w+/=]+)'/.exec(String(headers['content-security-policy']))?.[1]
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' blob:; font-src 'self'; ` +
        `connect-src 'self' ws://127.0.0.1:${door.port}; worker-src 'self'; base-uri 'none'; form-action 'none'; ` +
        "frame-ancestors 'none'",
    )
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(body.toString()).toBe(page.replace('content=""', `content="${nonce}"`))
  })

  test('has another nonce every time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(door.port, '/index.html')))
    expect(new Set(answers.map(({ headers }) => headers['content-security-policy'])).size).toBe(20)
  })

  test('holds no token, and no log line does', async () => {
    const { body } = await ask(door.port, `/?token=${door.token}`)
    await ask(door.port, `/check?token=${door.token}`, { method: 'POST' })
    await ask(door.port, '/', { headers: { host: `evil:${door.port}`, authorization: `Bearer ${door.token}` } })
    expect(body.toString()).not.toContain(door.token)
    expect(logged.length).toBeGreaterThanOrEqual(2)
    expect(logged.join('\n')).not.toContain(door.token)
  })
})

describe('files', () => {
  test('are packed as the browser takes them, and kept for good', async () => {
    const path = '/assets/index-1a2b.js'
    const plain = await ask(door.port, path)
    const packed = await ask(door.port, path, { headers: { 'accept-encoding': 'gzip, deflate, br' } })
    const gzipped = await ask(door.port, path, { headers: { 'accept-encoding': 'gzip, br;q=0' } })
    expect([plain, packed, gzipped].map(({ headers }) => headers['content-encoding'])).toEqual([
      undefined,
      'br',
      'gzip',
    ])
    expect(plain.body.toString()).toBe(script)
    expect(brotliDecompressSync(packed.body).toString()).toBe(script)
    expect(gunzipSync(gzipped.body).toString()).toBe(script)
    expect(packed.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    })
    expect((await ask(door.port, '/assets/inter.woff2')).headers['content-type']).toBe('font/woff2')
    expect((await ask(door.port, path, { method: 'HEAD' })).headers['content-length']).toBe(String(script.length))
  })

  test('that change are read anew', async () => {
    const file = join(root, 'assets/changing.js')
    writeFileSync(file, 'one')
    const before = await ask(door.port, '/assets/changing.js', { headers: { 'accept-encoding': 'br' } })
    writeFileSync(file, 'two and more')
    const after = await ask(door.port, '/assets/changing.js', { headers: { 'accept-encoding': 'br' } })
    const texts = [before, after].map(({ body }) => brotliDecompressSync(body).toString())
    expect(texts).toEqual(['one', 'two and more'])
  })

  test.each([
    ['/../secret.js', 403],
    ['/assets/../../secret.js', 403],
    ['/%2e%2e/secret.js', 403],
    ['/%2E%2E%2Fsecret.js', 403],
    ['/assets/..%2f..%2fsecret.js', 403],
    ['/..%5csecret.js', 400],
    ['/..\\secret.js', 400],
    ['/%252e%252e/secret.js', 400],
    ['/..%2frenderer-beside/secret.js', 403],
    ['/assets/link.js', 403],
    ['/out/secret.js', 403],
    ['/assets/index-1a2b.js%00.html', 400],
    ['/assets/%0d%0aset-cookie:x.js', 400],
    ['//etc/passwd', 404],
    ['/etc/passwd', 404],
    ['/C:/secret.js', 400],
    ['/%ff', 400],
    ['/%', 400],
    ['/assets', 404],
    ['/assets/', 404],
    ['/assets/.hidden.js', 404],
    ['/assets/notes.txt', 404],
    ['/assets/missing.js', 404],
    ['http://127.0.0.1/secret.js', 400],
    ['*', 400],
  ])('%s is answered with %i', async (path, status) => {
    const answer = await ask(door.port, path)
    expect(answer.status).toBe(status)
    expect(answer.body.toString()).not.toContain('secret')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  test('are found by the resolver alone, too, for the window', async () => {
    expect(await findStaticFile(root, '/')).toMatchObject({ found: true, isPage: true, lasting: false })
    expect(await findStaticFile(root, '/assets/inter.woff2')).toMatchObject({
      found: true,
      isPage: false,
      lasting: true,
    })
    expect(await findStaticFile(root, '/../secret.js')).toEqual({ found: false, status: 403 })
    expect(await findStaticFile(join(folder, 'nowhere'), '/')).toEqual({ found: false, status: 404 })
    expect(contentPolicy({ nonce: 'n', connect: [] })).toContain("connect-src 'self';")
    expect(pageWithNonce('<meta name="csp-nonce" content="old">', '$&1')).toBe('<meta name="csp-nonce" content="$&1">')
  })
})

describe('hosts and origins', () => {
  test.each([
    ['a name that was pointed here', 'evil.example'],
    ['a look-alike', '127.0.0.1.evil.example'],
    ['another port', '127.0.0.1:1'],
  ])('%s as Host is refused for pages, checks and sockets', async (_what, name) => {
    const host = /:\d+$/.test(name) ? name : `${name}:${door.port}`
    const origin = `http://${host}`
    const authorization = `Bearer ${door.token}`
    expect((await ask(door.port, '/', { headers: { host } })).status).toBe(403)
    const check = { method: 'POST', headers: { host, origin, authorization } }
    expect((await ask(door.port, '/check', check)).status).toBe(403)
    const protocols = `snip, snip-token.${door.token}`
    const upgrade = { Host: host, Origin: origin, 'Sec-WebSocket-Protocol': protocols }
    expect(await handshake(door.port, '/rpc', upgrade)).toBe(403)
  })

  test('localhost and [::1] are names of this machine', async () => {
    for (const host of [`localhost:${door.port}`, `[::1]:${door.port}`, `LOCALHOST:${door.port}`]) {
      expect((await ask(door.port, '/', { headers: { host } })).status).toBe(200)
    }
  })

  test.each([
    ['another site', 'http://evil.example'],
    ['a look-alike', 'http://127.0.0.1.evil.example'],
    ['another port of this machine', 'http://127.0.0.1:1'],
    ['another scheme', 'https://127.0.0.1'],
    ['a file or a sandbox', 'null'],
    ['none', ''],
  ])('%s as Origin is refused whatever the token', async (_what, origin) => {
    const authorization = `Bearer ${door.token}`
    const headers: Record<string, string> = origin === '' ? { authorization } : { authorization, origin }
    for (const path of ['/check', '/upload?name=a.txt']) {
      expect((await ask(door.port, path, { method: 'POST', headers })).status).toBe(403)
    }
    const protocols = { 'Sec-WebSocket-Protocol': `snip, snip-token.${door.token}` }
    expect(await handshake(door.port, '/rpc', origin === '' ? protocols : { ...protocols, Origin: origin })).toBe(403)
  })
})

describe('the token', () => {
  test('has 256 bits and stands in the fragment of the address only', () => {
    expect(Buffer.from(door.token, 'base64url').length).toBe(32)
    expect(door.url).toBe(`http://127.0.0.1:${door.port}/#token=${door.token}`)
  })

  test('opens checks and sockets; anything else does not', async () => {
    const origin = door.origin
    const wrong = `${door.token.slice(0, -1)}${door.token.endsWith('A') ? 'B' : 'A'}`
    const tries: [string | null, number, number][] = [
      [door.token, 204, 101],
      [wrong, 403, 403],
      [door.token.slice(0, -1), 403, 403],
      [`${door.token}A`, 403, 403],
      ['', 403, 403],
      [null, 403, 403],
    ]
    for (const [token, checked, upgraded] of tries) {
      const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
      const check = await ask(door.port, '/check', { method: 'POST', headers: { origin, ...authorization } })
      expect(check.status).toBe(checked)
      const protocols = token === null ? 'snip' : `snip, snip-token.${token}`
      const headers = { Origin: origin, 'Sec-WebSocket-Protocol': protocols }
      expect(await handshake(door.port, '/rpc', headers)).toBe(upgraded)
    }
    const noProtocol = { Origin: origin, 'Sec-WebSocket-Protocol': `snip-token.${door.token}` }
    expect(await handshake(door.port, '/rpc', noProtocol)).toBe(403)
  })

  test('does not help in the address', async () => {
    const headers = { Origin: door.origin, 'Sec-WebSocket-Protocol': 'snip' }
    expect(await handshake(door.port, `/rpc?token=${door.token}`, headers)).toBe(403)
  })

  test('is not sent back as the chosen protocol', async () => {
    const socket = await openSocket()
    expect(socket.protocol).toBe('snip')
    await closed(socket)
  })
})

describe('limits', () => {
  test('other methods and places are not answered', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const headers = { origin: door.origin, authorization: `Bearer ${door.token}` }
      expect((await ask(door.port, '/upload', { method, headers })).status).toBe(405)
    }
    expect((await ask(door.port, '/', { method: 'POST', headers: { origin: door.origin } })).status).toBe(405)
  })

  test('a message over the limit closes its socket with code 1009, and no other', async () => {
    const [one, other] = [await openSocket(), await openSocket()]
    const code = new Promise((resolve) => one.once('close', resolve))
    one.send('x'.repeat(100_001))
    expect(await code).toBe(1009)
    expect(other.readyState).toBe(WebSocket.OPEN)
    await closed(other)
  })

  test('more sockets than the limit are refused until one closes', async () => {
    await expect.poll(() => door.sockets).toBe(0)
    const sockets = [await openSocket(), await openSocket(), await openSocket()]
    const headers = { Origin: door.origin, 'Sec-WebSocket-Protocol': `snip, snip-token.${door.token}` }
    expect(await handshake(door.port, '/rpc', headers)).toBe(503)
    await closed(sockets[0]!)
    await expect.poll(() => door.sockets).toBe(2)
    expect(await handshake(door.port, '/rpc', headers)).toBe(101)
    for (const socket of sockets) await closed(socket)
  })

  test('headers that do not come in time end the connection', async () => {
    expect(await raw(door.port, 'GET / HTTP/1.1\r\nHost: 127')).toContain('400 Bad Request')
  })

  test('a connection that asks nothing ends without an answer, which a browser would take for that of its next request', async () => {
    expect(await raw(door.port, '')).toBe('')
  })

  test('what is no HTTP is answered with 400', async () => {
    expect(await raw(door.port, 'sand\r\n\r\n')).toContain('400 Bad Request')
  })
})

function openSocket(): Promise<WebSocket> {
  const protocols = ['snip', `snip-token.${door.token}`]
  const socket = new WebSocket(`ws://127.0.0.1:${door.port}/rpc`, protocols, { origin: door.origin })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  const done = new Promise((resolve) => socket.once('close', resolve))
  socket.close()
  await done
}
