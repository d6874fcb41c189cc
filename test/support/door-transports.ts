import { fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { RPCLink } from '@orpc/client/message-port'
import { WebSocket } from 'ws'
import { processPort } from '../../src/main/engine-host/client/process-port.ts'
import { openBrowserDoor, type BrowserDoor, type BrowserDoorOptions } from '../../src/main/server/browser-door.ts'
import { serveOverPort } from '../../src/main/services/router/serve-port.ts'
import type { Channel } from '../../src/renderer/rpc/channel.ts'
import { buildHost } from '../engine/build-host.ts'
import { doorRouter, type Counts } from './door-router.ts'

/** A channel to a door's router, and what that router counted. */
export interface TestChannel extends Channel {
  counts(): Counts
  /** Puts everything away. */
  end(): Promise<void>
}

// Their types are those of a page, which tests have not.
const rendererModule = (name: string) => import(/* @vite-ignore */ `../../src/renderer/rpc/${name}.ts`)

const noCounts = (): Counts => ({ aborts: 0, writes: 0, watches: 0 })

/** A browser door in a temporary place. Origin and token are as its page would send them. */
export async function testDoor(options: Partial<BrowserDoorOptions> & Pick<BrowserDoorOptions, 'uploadFolder'>) {
  return openBrowserDoor({
    router: {},
    rendererFolder: options.uploadFolder,
    grant: (path) => ({ id: 'grant', kind: 'file', name: path.split('/').at(-1)!, path, bytes: null }),
    host: '127.0.0.1',
    port: 0,
    log: () => {},
    ...options,
  })
}

/** The renderer's own channel over a WebSocket of a door. */
export async function socketChannelTo(door: Pick<BrowserDoor, 'origin' | 'token'>): Promise<Channel> {
  const { socketChannel } = (await rendererModule('socket-transport')) as { socketChannel(socket: unknown): Channel }
  const address = `${door.origin.replace('http', 'ws')}/rpc`
  const socket = new WebSocket(address, ['snip', `snip-token.${door.token}`], { origin: door.origin })
  socket.binaryType = 'arraybuffer'
  const channel = socketChannel(socket)
  await new Promise((opened, failed) => {
    socket.once('open', opened)
    socket.once('error', failed)
  })
  return channel
}

async function overSocket(): Promise<TestChannel> {
  const counts = noCounts()
  const door = await testDoor({ uploadFolder: '/nonexistent', router: doorRouter(counts) })
  const channel = await socketChannelTo(door)
  return withMore(
    channel,
    () => counts,
    () => door.close(),
  )
}

async function overPort(): Promise<TestChannel> {
  const { portChannel } = (await rendererModule('port-transport')) as { portChannel(port: unknown): Channel }
  const counts = noCounts()
  const { port1, port2 } = new MessageChannel()
  serveOverPort(port2, doorRouter(counts))
  port2.start()
  const channel = portChannel(port1)
  return withMore(
    channel,
    () => counts,
    async () => port2.close(),
  )
}

async function overChild(): Promise<TestChannel> {
  const child = fork(await childFile(), [], { serialization: 'advanced', stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let counts = noCounts()
  createInterface({ input: child.stdout! }).on('line', (line) => (counts = JSON.parse(line) as Counts))
  let isClosed = false
  const whenClosed = new Promise<void>((resolve) => {
    child.once('disconnect', () => {
      isClosed = true
      resolve()
    })
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const link = new RPCLink({ port: processPort(child) })
  const channel: Channel = {
    link,
    get isClosed() {
      return isClosed
    },
    whenClosed,
    close() {
      if (child.connected) child.disconnect()
    },
  }
  return withMore(
    channel,
    () => counts,
    async () => {
      if (child.connected) child.disconnect()
      await exited
    },
  )
}

let built: Promise<string> | null = null
function childFile(): Promise<string> {
  return (built ??= buildHost('../support/door-child.entry.ts'))
}

function withMore(channel: Channel, counts: () => Counts, end: () => Promise<void>): TestChannel {
  return {
    link: channel.link,
    get isClosed() {
      return channel.isClosed
    },
    whenClosed: channel.whenClosed,
    close: () => channel.close(),
    counts,
    async end() {
      if (!channel.isClosed) channel.close()
      await end()
    },
  }
}

/** All ways in which calls reach a router. */
export const transports: readonly { readonly name: string; readonly open: () => Promise<TestChannel> }[] = [
  { name: 'a message port', open: overPort },
  { name: 'a WebSocket of the browser door', open: overSocket },
  { name: 'the channel of a child process', open: overChild },
]
