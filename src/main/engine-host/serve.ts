import type { MessagePortMainLike } from '@orpc/client/message-port'
import { RPCHandler } from '@orpc/server/message-port'
import { processPort } from './client/process-port.ts'
import { createEngineHostRouter, type EngineHostOptions } from './router.ts'

/** Node's process inside a utility process of Electron. */
interface ElectronProcess {
  readonly parentPort?: MessagePortMainLike
}

/** Makes this process an engine host that answers its parent until the channel between them closes. */
export function serveEngineHost(options: EngineHostOptions = {}): void {
  const { parentPort } = process as ElectronProcess
  if (parentPort) {
    // A utility process of Electron: it ends with the application, and its port delivers once it is listened to.
    new RPCHandler(createEngineHostRouter(options)).upgrade(parentPort)
    return
  }
  // The parent's end of the channel is its life line: without it this process has nothing to do.
  process.on('disconnect', () => process.exit(0))
  // A terminal's Ctrl-C reaches the whole process group; the parent decides when this process ends.
  process.on('SIGINT', () => undefined)

  new RPCHandler(createEngineHostRouter(options)).upgrade(processPort(process))
}
