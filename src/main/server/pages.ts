import type { IncomingMessage, ServerResponse } from 'node:http'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { contentPolicy, freshNonce, guardHeaders, pageWithNonce } from '../services/web/content-policy.ts'
import { findStaticFile } from '../services/web/static-files.ts'

const brotliOf = promisify(brotliCompress)
const gzipOf = promisify(gzip)

const packable = /^(?:text\/|application\/json|image\/svg)/

type Packing = 'br' | 'gzip' | 'identity'

interface Packed {
  /** Size and time of change that it was made from. */
  readonly madeFrom: string
  readonly bodies: Map<Packing, Promise<Buffer>>
}

/** Sends the files of the renderer, packed once and held in memory; a file that was built anew is read anew. */
export class Pages {
  readonly #root: string
  readonly #packed = new Map<string, Packed>()

  constructor(root: string) {
    this.#root = root
  }

  /** Answers a GET or HEAD. The Host header was checked before. */
  async answer(request: IncomingMessage, response: ServerResponse, urlPath: string): Promise<void> {
    const file = await findStaticFile(this.#root, urlPath)
    if (!file.found && urlPath === '/favicon.ico') {
      // Browsers ask for it by themselves and report that it is missing.
      response.writeHead(204, { ...guardHeaders, 'cache-control': 'max-age=3600' })
      response.end()
      return
    }
    if (!file.found) {
      sendText(response, file.status, file.status === 404 ? 'Not found' : 'Refused')
      return
    }
    const headers: Record<string, string> = { ...guardHeaders, 'content-type': file.contentType }
    let body: Buffer
    if (file.isPage) {
      const nonce = freshNonce()
      const connect = [`ws://${request.headers.host}`]
      headers['content-security-policy'] = contentPolicy({ nonce, connect })
      headers['cache-control'] = 'no-store'
      body = Buffer.from(pageWithNonce(await readFile(file.path, 'utf8'), nonce))
    } else {
      // A file that is opened by itself may load nothing; one that runs as a worker, only scripts of ours.
      headers['content-security-policy'] = "default-src 'none'; script-src 'self'; frame-ancestors 'none'"
      headers['cache-control'] = file.lasting ? 'public, max-age=31536000, immutable' : 'no-cache'
      headers['vary'] = 'accept-encoding'
      const packing = packingOf(request, file.contentType)
      body = await this.#packedBody(file.path, packing)
      if (packing !== 'identity') headers['content-encoding'] = packing
    }
    headers['content-length'] = String(body.length)
    response.writeHead(200, headers)
    response.end(request.method === 'HEAD' ? undefined : body)
  }

  async #packedBody(path: string, packing: Packing): Promise<Buffer> {
    const { size, mtimeMs } = await stat(path)
    const madeFrom = `${size} ${mtimeMs}`
    let packed = this.#packed.get(path)
    if (packed?.madeFrom !== madeFrom) {
      packed = { madeFrom, bodies: new Map() }
      this.#packed.set(path, packed)
    }
    let body = packed.bodies.get(packing)
    if (body === undefined) {
      body = readFile(path).then((bytes) => pack(bytes, packing))
      packed.bodies.set(packing, body)
      body.catch(() => this.#packed.delete(path))
    }
    return body
  }
}

/** A short answer in words. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`)
  response.writeHead(status, {
    ...guardHeaders,
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
    'content-length': String(body.length),
  })
  response.end(body)
}

function packingOf(request: IncomingMessage, contentType: string): Packing {
  if (!packable.test(contentType)) return 'identity'
  const accepted = (request.headers['accept-encoding'] ?? '')
    .split(',')
    .map((offer) => offer.trim())
    .filter((offer) => !/;\s*q=0(?:\.0*)?$/.test(offer))
    .map((offer) => offer.split(';')[0])
  return accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : 'identity'
}

async function pack(bytes: Buffer, packing: Packing): Promise<Buffer> {
  if (packing === 'identity') return bytes
  // Level 5 packs the whole interface in tenths of a second; level 11 would take several seconds for a few per cent.
  if (packing === 'br') return brotliOf(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
  return gzipOf(bytes)
}
