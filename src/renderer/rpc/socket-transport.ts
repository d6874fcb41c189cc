import { RPCLink } from '@orpc/client/websocket'
import { SnipError } from '../../contract/failure.ts'
import { ChannelRefused, type Channel, type Transport } from './channel.ts'
import { uploadFile } from './upload.ts'

const openLimitMs = 5000
/** Below what the door takes as one message. */
const messageLimit = 60 * 1024 ** 2

/** Reaches the main side over the browser door's WebSocket. The token goes as a protocol, never in the address. */
export function socketTransport(
  location: Pick<Location, 'origin' | 'host' | 'protocol'>,
  token: string | null,
): Transport {
  return {
    upload: async (file, path, options) => {
      if (token === null) throw new ChannelRefused()
      return uploadFile(file, new URL(path, location.origin), token, options)
    },
    async open(signal) {
      if (token === null) throw new ChannelRefused()
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
      const socket = new WebSocket(`${scheme}://${location.host}/rpc`, ['snip', `snip-token.${token}`])
      socket.binaryType = 'arraybuffer'
      const channel = socketChannel(socket)
      try {
        await whenOpen(socket, signal)
        return channel
      } catch (error) {
        socket.close()
        if (await isRefused(location.origin, token, signal)) throw new ChannelRefused()
        throw error
      }
    },
  }
}

/** A channel over a socket, which may still be opening. */
export function socketChannel(socket: WebSocket): Channel {
  let isClosed = false
  let closed: () => void
  const whenClosed = new Promise<void>((resolve) => (closed = resolve))
  // Before the link's own listener, which rejects the calls that are pending.
  socket.addEventListener('close', () => {
    isClosed = true
    closed()
  })
  const limited: Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'> = {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    send(data) {
      if (bytesOf(data) > messageLimit) throw tooLarge()
      if (socket.readyState === socket.OPEN) socket.send(data)
    },
    get readyState() {
      // The link would throw for what is sent to a closed socket, also for the word that a call was given up, which nobody
      // catches. Such messages are dropped: whoever waits for an answer hears of the closing.
      return socket.readyState === socket.CONNECTING ? socket.CONNECTING : socket.OPEN
    },
  }
  return {
    link: new RPCLink({ websocket: limited }),
    get isClosed() {
      return isClosed
    },
    whenClosed,
    close: () => socket.close(),
  }
}

function bytesOf(data: string | ArrayBufferLike | Blob | ArrayBufferView): number {
  if (typeof data !== 'string') return data instanceof Blob ? data.size : data.byteLength
  // One character takes three bytes at most.
  return data.length * 3 <= messageLimit ? data.length : new Blob([data]).size
}

function tooLarge(): SnipError {
  return new SnipError('bad-argument', 'This is too much to be sent at once', {
    remedy: 'Put long text into a file and import it as data, or send it in parts.',
  })
}

function whenOpen(socket: WebSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => settle(() => reject(new Error('The connection could not be opened')))
    const done = () => settle(resolve)
    const limit = setTimeout(fail, openLimitMs)
    function settle(how: () => void) {
      clearTimeout(limit)
      socket.removeEventListener('open', done)
      socket.removeEventListener('close', fail)
      signal.removeEventListener('abort', fail)
      how()
    }
    socket.addEventListener('open', done)
    socket.addEventListener('close', fail)
    signal.addEventListener('abort', fail)
    if (signal.aborted) fail()
  })
}

/** A WebSocket does not tell why it failed; a plain request does. */
async function isRefused(origin: string, token: string, signal: AbortSignal): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const limits = AbortSignal.any([signal, AbortSignal.timeout(openLimitMs)])
    const answer = await fetch(`${origin}/check`, { method: 'POST', headers, signal: limits })
    return answer.status === 403
  } catch {
    return false
  }
}
