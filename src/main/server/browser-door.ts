import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AnyRouter } from '@orpc/server'
import { SnipError } from '../../contract/failure.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { guardHeaders } from '../services/web/content-policy.ts'
import { hostInAddress, hostsOf, isToken, makeToken, refusalOf } from './access.ts'
import { tokenOfRequest, tokenOfUpgrade } from './access.ts'
import { Pages, sendText } from './pages.ts'
import { Sockets } from './sockets.ts'
import { Uploads, uploadPath } from './uploads.ts'

/** Where the page's WebSocket and its question whether the token still holds go. */
export const socketPath = '/rpc'
export const checkPath = '/check'

/** Limits of the door; tests set smaller ones. */
export interface DoorLimits {
  /** Bytes of one upload. */
  readonly upload: number
  readonly uploads: number
  readonly uploadIdleMs: number
  /** Bytes of one message of a page. */
  readonly message: number
  readonly sockets: number
  readonly connections: number
  /** Milliseconds in which the headers of a request must have come. */
  readonly headersMs: number
  readonly heartbeatMs: number
}

export const defaultLimits: DoorLimits = {
  upload: 2 * 1024 ** 3,
  uploads: 4,
  uploadIdleMs: 30_000,
  message: 64 * 1024 ** 2,
  sockets: 32,
  connections: 256,
  headersMs: 10_000,
  heartbeatMs: 30_000,
}

export interface BrowserDoorOptions {
  readonly router: AnyRouter
  /** The built renderer. */
  readonly rendererFolder: string
  readonly uploadFolder: string
  readonly grant: (path: string) => Grant
  /** 127.0.0.1 unless the person allowed more. */
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  readonly limits?: Partial<DoorLimits>
  /** Gets a line for every refused request, without addresses that hold more than a path. */
  readonly log: (line: string) => void
}

export interface BrowserDoor {
  readonly port: number
  /** The address with the token in its fragment, which no request carries. */
  readonly url: string
  readonly origin: string
  readonly token: string
  /** Number of pages that are connected. */
  readonly sockets: number
  close(): Promise<void>
}

/** Opens the browser door. Throws `busy` when the port is taken and `bad-argument` when the address is none of ours. */
export async function openBrowserDoor(options: BrowserDoorOptions): Promise<BrowserDoor> {
  const limits = { ...defaultLimits, ...options.limits }
  const { host, router, rendererFolder, log } = options
  const token = makeToken()
  const pages = new Pages(rendererFolder)
  const uploads = new Uploads({
    folder: options.uploadFolder,
    limit: limits.upload,
    most: limits.uploads,
    idleMs: limits.uploadIdleMs,
    grant: options.grant,
  })
  const sockets = new Sockets({
    router,
    most: limits.sockets,
    messageLimit: limits.message,
    waitingLimit: 256 * 1024 ** 2,
    heartbeatMs: limits.heartbeatMs,
  })
  let hosts: ReadonlySet<string> = new Set()

  const server = createServer({ connectionsCheckingInterval: Math.min(limits.headersMs, 5000) })
  server.headersTimeout = limits.headersMs
  // Uploads take as long as they take; they have their own limit of silence, and no other request's body is read.
  server.requestTimeout = 0
  server.maxHeadersCount = 100
  server.maxConnections = limits.connections

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      log(`A request failed: ${error instanceof Error ? error.message : String(error)}`)
      if (!response.headersSent) sendText(response, 500, 'The workbench failed to answer')
      else response.destroy()
    })
  })
  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => connection.destroy())
    const reason = upgradeRefusal(request)
    if (reason === null) {
      sockets.upgrade(request, connection, head)
    } else {
      log(`Refused a connection: ${reason}`)
      const status = reason === 'too many pages' ? '503 Service Unavailable' : '403 Forbidden'
      connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    }
  })
  server.on('clientError', (_error: Error, connection: Socket) => {
    // A browser connects ahead of its requests: it would take what nobody asked for as the answer to the next one.
    const isUnused = connection.bytesRead === 0
    if (connection.writable && !isUnused) connection.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    else connection.destroy()
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    const asks = request.method === 'GET' || request.method === 'HEAD'
    // Nobody reads the body of anything but an upload: whoever sends one may not hold the connection with it.
    if (!asks || hasBody(request)) response.shouldKeepAlive = path === uploadPath
    const refusal = refusalOf(request, hosts, !asks)
    if (refusal !== null) return refuse(response, `the ${refusal} is not this door's`)
    if (asks) {
      await pages.answer(request, response, path)
      return
    }
    if (request.method !== 'POST' || (path !== uploadPath && path !== checkPath)) {
      sendText(response, 405, 'Not allowed')
      return
    }
    if (!isToken(token, tokenOfRequest(request))) return refuse(response, 'the token does not hold')
    if (path === checkPath) {
      response.writeHead(204, { ...guardHeaders, 'cache-control': 'no-store' })
      response.end()
      return
    }
    await uploads.answer(request, response, new URLSearchParams(query).get('name'))
  }

  function refuse(response: ServerResponse, reason: string): void {
    log(`Refused a request: ${reason}`)
    response.shouldKeepAlive = false
    sendText(response, 403, 'Refused')
  }

  function upgradeRefusal(request: IncomingMessage): string | null {
    const refusal = refusalOf(request, hosts, true)
    if (refusal !== null) return `the ${refusal} is not this door's`
    if (request.url !== socketPath) return 'the path is not the one for connections'
    if (!isToken(token, tokenOfUpgrade(request))) return 'the token does not hold'
    return sockets.isFull ? 'too many pages' : null
  }

  const port = await listen(server, host, options.port)
  hosts = hostsOf(host, port)
  await uploads.removeLeftovers()
  // Everything that listens on all addresses is reached on this one.
  const origin = `http://${hostInAddress(host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)}:${port}`
  return {
    port,
    origin,
    token,
    url: `${origin}/#token=${token}`,
    get sockets() {
      return sockets.count
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      await sockets.close()
      server.closeAllConnections()
      await closed
      await uploads.removeOwn()
    },
  }
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') {
        const remedy = 'Give another one with --port, or leave --port out to take a free one.'
        reject(new SnipError('busy', `Port ${port} of ${host} is in use by another program`, { remedy }))
      } else if (error.code === 'EACCES') {
        reject(
          new SnipError('bad-argument', `There is no permission to use port ${port}`, { remedy: 'Use one over 1023.' }),
        )
      } else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') {
        const remedy = 'Give an address of a network interface, or leave --host out.'
        reject(new SnipError('bad-argument', `This machine has no address ${host}`, { remedy }))
      } else {
        reject(error)
      }
    })
    server.listen({ host, port, exclusive: true }, () => resolve((server.address() as AddressInfo).port))
  })
}
