import type { SupportedMessagePort } from '@orpc/client/message-port'
import type { AnyRouter } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import { processPort, type ProcessChannel } from '../../engine-host/client/process-port.ts'

/**
 * Answers calls that come over a message port: of the web, of Node's threads, or Electron's MessagePortMain. Closing the
 * port aborts what is under way. The caller starts the port afterwards where it needs starting.
 */
export function serveOverPort(port: SupportedMessagePort, router: AnyRouter): void {
  new RPCHandler(router).upgrade(port)
}

/** Answers calls that come over the channel of a child process: `process` in the child, a ChildProcess in its parent. */
export function serveOverChannel(channel: ProcessChannel, router: AnyRouter): void {
  serveOverPort(processPort(channel), router)
}
