import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { socketProtocol } from './access.ts'

export interface SocketOptions {
  readonly router: AnyRouter
  /** Sockets at a time. */
  readonly most: number
  /** Largest message in bytes; a larger one closes its socket with code 1009. */
  readonly messageLimit: number
  /** Bytes that may wait for a page that does not read. */
  readonly waitingLimit: number
  /** Milliseconds from one sign of life to the next. */
  readonly heartbeatMs: number
}

/** Code that a page is closed with when the door closes. */
const goingAway = 1001

/** The WebSockets of the door's pages, each carrying calls to the router. */
export class Sockets {
  readonly #options: SocketOptions
  readonly #server: WebSocketServer
  readonly #handler: RPCHandler<object>
  readonly #answering = new WeakSet<WebSocket>()
  readonly #heartbeat: NodeJS.Timeout

  constructor(options: SocketOptions) {
    this.#options = options
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: options.messageLimit,
      perMessageDeflate: false,
      handleProtocols: () => socketProtocol,
    })
    this.#handler = new RPCHandler(options.router)
    this.#heartbeat = setInterval(() => this.#check(), options.heartbeatMs)
    this.#heartbeat.unref()
  }

  get count(): number {
    return this.#server.clients.size
  }

  get isFull(): boolean {
    return this.count >= this.#options.most
  }

  /** Takes over a connection whose request was checked. */
  upgrade(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      this.#answering.add(socket)
      socket.on('pong', () => this.#answering.add(socket))
      // A message that is too large or malformed closes the socket; there is nothing else to do about it.
      socket.on('error', () => undefined)
      void this.#handler.upgrade(socket)
    })
  }

  #check(): void {
    for (const socket of this.#server.clients) {
      if (!this.#answering.delete(socket) || socket.bufferedAmount > this.#options.waitingLimit) socket.terminate()
      else socket.ping()
    }
  }

  /** Says goodbye to all pages; those that do not answer within half a second are cut off. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat)
    const open = [...this.#server.clients]
    const closed = open.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
    for (const socket of open) socket.close(goingAway, 'The workbench was closed')
    const force = setTimeout(() => open.forEach((socket) => socket.terminate()), 500)
    await Promise.all(closed)
    clearTimeout(force)
    this.#server.close()
  }
}
