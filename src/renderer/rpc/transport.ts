import type { Transport } from './channel.ts'
import { portTransport } from './port-transport.ts'
import { socketTransport } from './socket-transport.ts'
import { takeToken } from './token.ts'

/** A message port of the window's preload in the desktop app, a WebSocket everywhere else. */
export function createTransport(page: Window = window): Transport {
  return page.location.protocol === 'app:' ? portTransport(page) : socketTransport(page.location, takeToken(page))
}
