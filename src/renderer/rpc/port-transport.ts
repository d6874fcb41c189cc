import { RPCLink } from '@orpc/client/message-port'
import type { Channel, Transport } from './channel.ts'

/** What the page posts to itself, with one port, for the preload to hand on. */
export const portMessage = { snip: 'port' } as const

/** Reaches the main side of the desktop app over a message port. */
export function portTransport(page: Pick<Window, 'postMessage' | 'location'>): Transport {
  return {
    upload: null,
    open: async () => {
      const { port1, port2 } = new MessageChannel()
      const channel = portChannel(port1)
      page.postMessage(portMessage, page.location.origin, [port2])
      return channel
    },
  }
}

/** A channel over a port of this page's own. */
export function portChannel(port: MessagePort): Channel {
  let isClosed = false
  let closed: () => void
  const whenClosed = new Promise<void>((resolve) => (closed = resolve))
  const end = () => {
    isClosed = true
    closed()
  }
  // Before the link's own listener, which rejects the calls that are pending.
  port.addEventListener('close', end)
  const link = new RPCLink({ port })
  port.start()
  return {
    link,
    get isClosed() {
      return isClosed
    },
    whenClosed,
    close() {
      port.close()
      // A port that is closed from this side need not say so.
      if (!isClosed) port.dispatchEvent(new Event('close'))
    },
  }
}
